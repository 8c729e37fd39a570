"""A real Postfix that receives, on a port and in folders of its own; what it takes it throws away. Needs root, as Postfix does."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
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
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


def may_run() -> bool:
    """Whether Postfix is installed and this user may start it."""
    return os.geteuid() == 0 and program("postfix") is not None


@contextmanager
def postfix(recipients: Mapping[str, str]) -> Iterator[int]:
    """A running Postfix that answers as `recipients` say ({address: "550 5.1.1 ..."}) and takes the rest; yields its port."""
    commands = Path(str(program("postfix"))).parent
    daemons = subprocess.run([commands / "postconf", "-dh", "daemon_directory"], capture_output=True, text=True, check=True).stdout.strip()
    rules = ", ".join(f"{{ {address} = {answer} }}" for address, answer in recipients.items())
    with tempfile.TemporaryDirectory(prefix="mailings-postfix-") as name:
        folder, port = Path(name), free_port()
        folder.chmod(0o755)
        for part in ("etc", "queue", "data"):
            (folder / part).mkdir()
        subprocess.run(["chown", "postfix", folder / "data"], check=True)
        (folder / "etc" / "main.cf").write_text(MAIN.format(folder=folder, commands=commands, daemons=daemons, recipients=rules))
        (folder / "etc" / "master.cf").write_text(MASTER.format(port=port))
        control = [commands / "postfix", "-c", folder / "etc"]
        subprocess.run([*control, "start"], check=True, capture_output=True, timeout=60)
        try:
            yield port
        finally:
            subprocess.run([*control, "stop"], capture_output=True, timeout=60, check=True)
