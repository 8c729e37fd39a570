"""The keys of `mailing.yaml`, part by part, with what each may hold (cli.md). Unknown keys are refused."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from mailings.content.actions import Actions
from mailings.content.links import opens
from mailings.content.names import SPECIAL_LINKS
from mailings.model import Basis, MailingType

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class Part(BaseModel):
    """A part of mailing.yaml. Unknown keys are refused."""

    model_config = ConfigDict(extra="forbid")


def _duration(written: object) -> object:
    found = re.fullmatch(r"(\d+)\s*([smhd])", str(written).strip())
    if not found:
        raise ValueError("write a time like 90m, 72h or 3d")
    return timedelta(seconds=int(found[1]) * UNITS[found[2]])


Duration = Annotated[timedelta, BeforeValidator(_duration)]
Text = Annotated[str, BeforeValidator(lambda v: str(v) if isinstance(v, int | float) and not isinstance(v, bool) else v)]


#: a mailing's name: letters of any language, digits and hyphens (domain.md B.3: at most 255)
Name = Annotated[str, Field(pattern=r"^[\p{L}\p{N}]([\p{L}\p{N}-]*[\p{L}\p{N}])?$", max_length=255)]


class SenderPart(Part):
    """`from`: with our_contact or support_contact the address is the fallback (domain.md B.3)."""

    name: Text = ""
    address: Text = ""
    use: Literal["always", "our_contact", "support_contact"] = "always"


class ReplyPart(Part):
    """`reply_to`: from = no header, answers go to the sender."""

    use: Literal["from", "always", "our_contact", "support_contact"] = "from"
    name: Text = ""
    address: Text = ""


class ArchivePart(Part):
    """Where the mailing is kept; linking a selection or project adds its people (domain.md C.3)."""

    folder: Text = ""
    selection: Text | None = None
    project: Text | None = None


class SourcePart(Part):
    """One source: exactly one of selection, project, person, company, import."""

    selection: Text | None = None
    project: Text | None = None
    person: Text | None = None
    company: Text | None = None
    list_file: Text | None = Field(default=None, alias="import")
    consent: Basis | None = None
    unknown: Literal["keep", "skip"] | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        named = [k for k in ("selection", "project", "person", "company", "list_file") if getattr(self, k) is not None]
        if len(named) != 1:
            raise ValueError("name exactly one of selection, project, person, company or import")
        if self.list_file is None and (self.consent or self.unknown):
            raise ValueError("consent and unknown belong to an import")
        if self.consent is Basis.WITHDRAWN:
            raise ValueError("consent: withdrawn is no consent; name the basis you hold, or leave it out with unknown: skip")
        if self.unknown == "keep" and self.consent is None:
            raise ValueError("unknown: keep needs the consent basis you hold, e.g. consent: legitimate_interest")
        return self


class OptionsPart(Part):
    """The options of domain.md C.6."""

    override_consent: bool = False
    one_per_address: bool = True
    update_when_sending: bool = True
    include_companies: bool = False
    prefer_company: bool = False

    @model_validator(mode="after")
    def _prefer_needs_include(self) -> Self:
        if self.prefer_company and not self.include_companies:
            raise ValueError("prefer_company needs include_companies: true")
        return self


class TrackingPart(Part):
    """What is followed, and the parameters added for web statistics."""

    opens: bool = True
    clicks: Literal["all", "registered", "none"] = "all"
    utm: dict[Literal["source", "campaign"], Text] = Field(default_factory=dict)
    trap: bool = True


def _not_ours(name: str) -> str:
    if name in SPECIAL_LINKS:
        raise ValueError(f"link.{name} is ours already; give this link another name")
    return name


LinkName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$"), AfterValidator(_not_ours)]


def _opens(url: str) -> str:
    if not opens(url):
        raise ValueError("that is no address a reader can open; write it whole, as in https://acme.test/offer")
    return url


class LinkPart(Part):
    """A link of this mailing with a name, and what else a click on it does (domain.md E.3)."""

    url: Annotated[Text, Field(max_length=4000), AfterValidator(_opens)]
    actions: Actions = Field(default_factory=Actions)


class InDoubtPart(Part):
    """What becomes of messages nobody knows the fate of."""

    policy: Literal["drop", "resend"] = "drop"
    after: Duration = timedelta(hours=72)


class ApprovalPart(Part):
    """Approval is asked for above so many recipients."""

    above: Annotated[int, Field(ge=0)]


class DocumentPart(Part):
    """What only document mailings know."""

    template: Text = ""
    language: Text = ""  # of a template there is in several: letter.docx, letter.da.docx (domain.md B.5)
    heading: Text = ""
    attention: dict[Literal["text", "use"], Text] = Field(default_factory=dict)
    our_ref: Text = ""
    sale: Text = ""
    sort: Text = ""
    duplex: bool = False


class SmsPart(Part):
    """What only SMS mailings know."""

    sender: Text = ""
    text: Text = ""


class MailingPart(Part):
    """The whole of mailing.yaml."""

    name: Name
    type: MailingType
    subject: Text = ""
    sender: SenderPart = Field(default_factory=SenderPart, alias="from")
    reply_to: ReplyPart = Field(default_factory=ReplyPart)
    topic: Text | None = None
    archive: ArchivePart = Field(default_factory=ArchivePart)
    sources: list[SourcePart] = Field(default_factory=list)
    options: OptionsPart = Field(default_factory=OptionsPart)
    tracking: TrackingPart = Field(default_factory=TrackingPart)
    attachments: list[Text] = Field(default_factory=list)
    preheader: Text = ""
    html: Text | None = None
    text: Text | None = None
    images: dict[str, Text] = Field(default_factory=dict)
    links: dict[LinkName, LinkPart] = Field(default_factory=dict)
    rate: Annotated[float, Field(gt=0)] | None = None
    in_doubt: InDoubtPart = Field(default_factory=InDoubtPart)
    approval: bool | ApprovalPart = False
    template: bool = False
    sms: SmsPart | None = None
    document: DocumentPart | None = None
