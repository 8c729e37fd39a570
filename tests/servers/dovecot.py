"""A real IMAP server, Debian's dovecot, over a Maildir: on ports of its own, with logins and TLS. Needs root."""

from __future__ import annotations

import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import trustme

from tests.servers.sink import free_port, program

PASSWORD = "blåbærsyltetøy"
USER = "retur@acme.test"

CONF = """\
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
mail_location = maildir:{maildir}:LAYOUT=fs:INDEX={folder}/index:CONTROL={folder}/control
first_valid_uid = 1
mail_privileged_group =
default_internal_user = dovecot
default_login_user = dovenull
auth_mechanisms = {mechanisms}
disable_plaintext_auth = no
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid=2000 gid=2000 home={folder}/home
}}
namespace inbox {{
  inbox = yes
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {secure}
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""


def may_run() -> bool:
    """Whether dovecot with IMAP is installed and this user may start it."""
    return os.geteuid() == 0 and program("dovecot") is not None and Path("/usr/lib/dovecot/imap").exists()


@dataclass(frozen=True)
class Dovecot:
    """A running server: its ports without and with TLS, and the authority of its certificate, which is for `localhost`."""

    port: int
    secure: int
    ca_file: Path

    def url(self, folder: str = "INBOX", *, secure: bool = True) -> str:
        """The mailbox as the setting names it."""
        return f"imaps://{USER}@localhost:{self.secure}/{folder}" if secure else f"imap://{USER}@127.0.0.1:{self.port}/{folder}"


@contextmanager
def dovecot(maildir: Path, mechanisms: str = "plain login") -> Iterator[Dovecot]:
    """A running server over this Maildir, which becomes that of its user."""
    # in a short folder, for it makes sockets there; who of its processes ends last may write while the folder goes
    with tempfile.TemporaryDirectory(prefix="mailings-dovecot-", dir="/tmp", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        for part in ("run", "state", "index", "control", "home"):
            (folder / part).mkdir(mode=0o755)
            if part not in ("run", "state"):
                os.chown(folder / part, 2000, 2000)
        _give(maildir)
        authority = trustme.CA()
        authority.cert_pem.write_to_path(str(folder / "authority.pem"))
        issued = authority.issue_cert("localhost")
        issued.private_key_pem.write_to_path(str(folder / "key.pem"))
        issued.cert_chain_pems[0].write_to_path(str(folder / "cert.pem"))
        running = Dovecot(free_port(), free_port(), folder / "authority.pem")
        facts = {"folder": folder, "maildir": maildir, "port": running.port, "secure": running.secure, "mechanisms": mechanisms}
        (folder / "dovecot.conf").write_text(CONF.format(password=PASSWORD, **facts), encoding="utf-8")
        command = [str(program("dovecot")), "-F", "-c", str(folder / "dovecot.conf")]
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
            try:
                _wait_for(running, folder / "log")
                yield running
            finally:
                server.terminate()
                server.wait(60)


def _wait_for(running: Dovecot, log: Path) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with suppress(OSError), socket.create_connection(("127.0.0.1", running.secure), timeout=5):
            return
        time.sleep(0.05)
    raise RuntimeError(f"dovecot does not listen: {log.read_text() if log.exists() else 'it wrote nothing down'}")


def _give(maildir: Path) -> None:
    """The server's user may read it, and come to it."""
    for path in (maildir, *maildir.rglob("*")):
        os.chown(path, 2000, 2000)
    for above in maildir.parents:
        if str(above).startswith(f"{tempfile.gettempdir()}/") and not above.stat().st_mode & 0o001:
            above.chmod(above.stat().st_mode | 0o011)
