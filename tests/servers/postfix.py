"""A real Postfix that receives, on a port and in folders of its own; it throws away what it takes, or keeps it. Needs root."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.servers.sink import free_port, program

MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = {commands}
daemon_directory = {daemons}
mail_owner = postfix
setgid_group = postdrop
myhostname = mx.firma.test
mydestination =
local_recipient_maps =
alias_maps =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtp_dns_support_level = disabled
relay_domains = firma.test
relay_transport = discard:
default_transport = discard:
transport_maps = inline:{{ {transports} }}
virtual_mailbox_domains = {kept}
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = static:kept/
virtual_uid_maps = static:2000
virtual_gid_maps = static:2000
smtpd_recipient_restrictions = check_recipient_access inline:{{ {recipients} }}, permit_mynetworks, reject
smtpd_client_connection_count_limit = 0
smtpd_hard_error_limit = 10000
smtpd_soft_error_limit = 10000
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
"""

MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
smtp unix - - n - - smtp
virtual unix - n n - - virtual
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


def may_run() -> bool:
    """Whether Postfix is installed and this user may start it."""
    return os.geteuid() == 0 and program("postfix") is not None


@dataclass(frozen=True)
class Postfix:
    """A running Postfix: its port, its log, and the Maildir of what it keeps."""

    port: int
    folder: Path

    @property
    def log(self) -> Path:
        """Everything it writes down."""
        return self.folder / "log"

    @property
    def mail(self) -> Path:
        """Messages to the domains it keeps mail for."""
        return self.folder / "mail" / "kept"


@contextmanager
def postfix(recipients: Mapping[str, str]) -> Iterator[int]:
    """A running Postfix that answers as `recipients` say ({address: "550 5.1.1 ..."}) and takes the rest; yields its port."""
    with keeping("", recipients) as server:
        yield server.port


#: gives up after seconds what others give up after days
IMPATIENT = "\n".join(
    (
        "queue_run_delay = 1s",
        "minimal_backoff_time = 1s",
        "maximal_backoff_time = 2s",
        "maximal_queue_lifetime = 5s",
        "bounce_queue_lifetime = 5s",
    )
)


@contextmanager
def keeping(
    domains: str, recipients: Mapping[str, str] | None = None, transports: Mapping[str, str] | None = None, more: str = ""
) -> Iterator[Postfix]:
    """One that keeps mail to `domains` in a Maildir; `transports` decide otherwise for some ({address: "smtp:[127.0.0.1]:2525"}).

    `more` = further lines of its configuration.
    """
    commands = Path(str(program("postfix"))).parent
    daemons = subprocess.run([commands / "postconf", "-dh", "daemon_directory"], capture_output=True, text=True, check=True).stdout.strip()
    with tempfile.TemporaryDirectory(prefix="mailings-postfix-") as name:
        folder, port = Path(name), free_port()
        folder.chmod(0o755)
        for part in ("etc", "queue", "data", "mail"):
            (folder / part).mkdir()
        subprocess.run(["chown", "postfix", folder / "data"], check=True)
        os.chown(folder / "mail", 2000, 2000)
        facts = {
            "recipients": _inline(recipients or {"nobody@invalid": "OK"}),
            "transports": _inline(transports or {"invalid": "discard:"}),
        }
        main = MAIN.format(folder=folder, commands=commands, daemons=daemons, kept=domains, **facts)
        (folder / "etc" / "main.cf").write_text(f"{main}{more}\n")
        (folder / "etc" / "master.cf").write_text(MASTER.format(port=port))
        control = [commands / "postfix", "-c", folder / "etc"]
        subprocess.run([*control, "start"], check=True, capture_output=True, timeout=60)
        try:
            yield Postfix(port, folder)
        finally:
            subprocess.run([*control, "stop"], capture_output=True, timeout=60, check=True)


def _inline(table: Mapping[str, str]) -> str:
    return ", ".join(f"{{ {key} = {value} }}" for key, value in table.items())
