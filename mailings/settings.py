"""What an installation decides: environment variables `MAILINGS_*`, or a file `.env`. A transport's own stand in its file."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from mailings.errors import Unreadable

DEMO_SECRET = "demo-only-not-a-secret"  # noqa: S105  known to everybody, refused by every transport that leaves the machine

SHORTEST = 30  #: days: providers repeat reports for days, and readers open for weeks; what is gone could be counted once more


def _whole_month(days: int) -> int:
    if days and days < SHORTEST:
        raise ValueError(f"keep events for {SHORTEST} days at least, or write 0 to keep them for good")
    return days


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError("this is no time zone; write one like Europe/Oslo") from error
    return name


Seconds = Annotated[timedelta, BeforeValidator(lambda v: timedelta(seconds=float(v)) if isinstance(v, str | int | float) else v)]


class Settings(BaseSettings):
    """Every setting with its default; see docs/reference/settings.md. Secrets never appear in `repr`."""

    model_config = SettingsConfigDict(env_prefix="MAILINGS_", env_file=".env", extra="ignore", frozen=True)

    database_url: SecretStr = SecretStr("sqlite:///var/mailings.db")
    email_transport: str = "folder"
    sms_transport: str = "folder"
    document_transport: str = "pdf"
    document_path: Path = Path("var/documents")  # where document mailings put their PDF
    libreoffice: str = ""  # the program that prints letters written in Word; empty = soffice on PATH
    public_url: str = "http://127.0.0.1:8600"
    secret: SecretStr = SecretStr(DEMO_SECRET)
    trusted_proxies: str = "127.0.0.1,::1"  # comma list: addresses and networks whose X-Forwarded-For the web door believes
    run_patience: Seconds = timedelta(seconds=300)
    shard_patience: Seconds = timedelta(seconds=60)
    retry_first_wait: Seconds = timedelta(seconds=60)
    retry_deadline: Seconds = timedelta(hours=24)
    rate: float | None = Field(default=None, gt=0, description="messages a minute for the whole installation")
    bounce_address: str | None = None
    bounce_verp: bool = True  # the envelope sender names the delivery, behind a + in the bounce address
    bounce_mailbox: SecretStr | None = Field(
        default=None, description="where returned mail arrives: maildir:PATH, imaps://USER@HOST/FOLDER"
    )
    bounce_password: SecretStr | None = Field(default=None, description="of the user of an IMAP mailbox")
    bounce_ca_file: Path | None = Field(default=None, description="certificates to trust instead of the system's (PEM) for that mailbox")
    bounce_threshold: int = Field(default=5, ge=1)
    consent_filter: bool = True
    accepted_bases: str = ""  # domain.md D4: empty = every basis but withdrawn; else a comma list, e.g. "consent"
    spf_policy: Literal["block", "warn", "off"] = "warn"
    dns: str | None = Field(default=None, description="resolver to ask, host or host:port; absent = the system's")
    default_country: str = "NO"
    sms_price: Decimal | None = Field(default=None, ge=0, description="what a part of a text message costs; absent = no cost is told")
    sms_currency: str = ""
    sms_per_day: int | None = Field(default=None, ge=0, description="text messages in 24 hours, the whole installation; absent = no limit")
    sms_per_recipient: int | None = Field(default=None, ge=0, description="text messages to one number in 24 hours; absent = no limit")
    company_name: str = ""  # `config.companyName` in templates
    company_address: str = ""  # `config.companyAddress`
    sender_domains: str = ""  # comma list: domains our contacts may send from, beside that of the mailing's own `from` (D25)
    language: str = "en"
    reports_path: Path = Path("var/reports")  # where report-mailing puts workbooks and pages
    imports_path: Path = Path("var/imports")  # where import-people finds its files
    time_zone: Annotated[str, AfterValidator(_known_zone)] = "UTC"  # of the nightly deployments, and of schedules that name none
    approval_above: int | None = Field(
        default=None, ge=0, description="mailings to more recipients than this ask for approval; absent = none"
    )
    runs_name_people: bool = (
        True  # artifacts of runs name recipients who failed or are in doubt; False = by number, with a link to the desk
    )
    system_from: str | None = Field(default=None, description="whom system messages come from: Name <address>")
    confirm_minutes: int = Field(default=30, ge=1, description="how long a link that confirms a sign-up holds")
    scripts: str = ""  # comma list of modules that register scripts for links (domain.md E.3)
    pages: Path | None = Field(default=None, description="folder with a logo, a style and words of the installation's own for public pages")
    privacy_url: str = ""  # the privacy statement that public pages lead to
    captcha_kind: Literal["hcaptcha", "recaptcha"] | None = Field(default=None, description="whose captcha it is; absent = none")
    captcha_site_key: str = ""  # stands in the page of every form that asks for a captcha
    captcha_secret: SecretStr = SecretStr("")
    captcha_verify_url: str = ""  # where answers are checked; empty = the provider's own
    preferences_days: int = Field(default=21, ge=1, description="days a link to the preferences page holds")

    desk_idle: Seconds = Field(default=timedelta(hours=12), description="how long after the last page somebody at the desk is signed out")
    oidc_issuer: str = ""  # where the staff may sign on beside their passwords; empty = by password only
    oidc_name: str = "SSO"  # what the button on the sign-in page calls it
    oidc_client: str = ""
    oidc_secret: SecretStr = SecretStr("")
    oidc_roles: str = ""  # comma list: roles of whoever signs on and is no user yet; empty = they are not let in

    erase_after_days: int = Field(default=14, ge=0, description="days after which who was deleted is erased for good (F.4)")
    events_kept_days: Annotated[int, AfterValidator(_whole_month)] = 0  # visits and reports; 0 = kept
    audit_kept_days: int = Field(default=0, ge=0, description="days the log of changes is kept; 0 = for good")
    letters_kept_days: int = Field(default=0, ge=0, description="days printed letters are kept on the disk; 0 = for good")
    keep_network: bool = True  # of a visit, cut to /24 or /48; False = only whether it is one that machines of a known proxy have

    @property
    def demo_secret(self) -> bool:
        """True while nobody has set MAILINGS_SECRET."""
        return self.secret.get_secret_value() == DEMO_SECRET


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process, read once; `settings.cache_clear()` reads them anew (tests). Raises Unreadable naming the variable."""
    try:
        return Settings()
    except ValidationError as error:
        wrong = error.errors(include_input=False, include_url=False, include_context=False)[0]  # never the value: it may be a secret
        variable = "MAILINGS_" + "_".join(str(part) for part in wrong["loc"]).upper()
        raise Unreadable(f"{variable} cannot be read: {wrong['msg'].removeprefix('Value error, ').lower()}.") from None
