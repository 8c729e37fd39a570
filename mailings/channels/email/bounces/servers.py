"""Tells whether a message without report fields was written by a mail server, and whether it only warns of a delay."""

from __future__ import annotations

import re

from mailings.channels.email.bounces.codes import reply_in, status_in
from mailings.channels.email.bounces.parts import Part

_FROM = re.compile(r"mailer-?daemon|mail-?daemon|post_?master|mail(?:er)? ?(?:delivery|system|administrator|subsystem)|delivery (?:sub)?system|mdaemon|bounces?[@+-]|system administrator|returned? mail"
                   r"|no-?reply.{0,40}(?:dion|au\.com|vtext)|microsoft exchange|interscan|e-?mail.{0,3}security|^\s*<?>?\s*$", re.IGNORECASE)  # fmt: skip
_SUBJECT = re.compile(
    r"undeliver|not member|loop alert|(?:un)?deliver(?:y|able|ed)?(?: \w+){0,3} (?:fail|problem|error|delay|status|notif|report|has failed|incomplete|unsuccessful)|fail(?:ure|ed)(?: \w+){0,2} (?:notice|delivery|mail|message)|returned (?:mail|message|to sender)|return(?:ing)? (?:mail|message|to sender)"
    r"|mail (?:delivery|system error|could not|not delivered|undelivered|error)|(?:message|e-?mail|mail)(?: \w+){0,3} (?:not (?:be )?delivered|undeliverable|bounced|rejected|failed|could not be|delayed|blocked|returned|delivery)|could not (?:be )?(?:deliver|send)"
    r"|non[- ]?(?:delivery|remis)|\bndr\b|\bndn\b|\bdsn\b|bounce|rejected|nondeliverable|not delivered|delivery|(?:nicht|un)zustell|zustell(?:ung|bar)|échec|non (?:remis|distribu)|no (?:se )?(?:pudo|entreg)|não (?:foi )?(?:poss|entreg)|falha|mancat[oa] (?:recapito|consegna)|onbestelbaar|niet (?:bezorgd|afgeleverd)"
    r"|ikke (?:leveres|levert|leveret)|kan inte levereras|kunde inte levereras|nie (?:można|został) dostar|niedostarczon|не (?:доставлен|удалось)|недоставлен|возвра|エラー|配信できません|送信できません|返送|退信|无法投递|반송|transcript of session|warning: |smtp server: errors",
    re.IGNORECASE,
)
_WORDS = re.compile(
    r"(?:could|can|was|were|is|has|have|did|cannot be|unable to be|not be|will)\s?(?:not|n't|not be|not been)?\s?(?:be |been )?(?:delivered|sent to|deliverable)|unable to deliver|(?:wasn't|was not|not) able to deliver|delivery (?:to (?:the )?(?:following|these)|has failed|failed|status|of your|error|failure|attempt)"
    r"|(?:failed|failure|trouble|problem|error|unable|not possible)(?: \w+){0,3} deliver\w*|undeliver(?:able|ed)|permanent(?: fatal)? error|rejected by|transcript of session|returned to (?:you|sender)|message (?:was|has been) (?:rejected|refused|returned|blocked)|following (?:address|recipient)(?:es|s|\(s\)|\(es\))?"
    r"|mail delivery (?:system|software|subsystem|agent)|mail system|this is the .{0,40}(?:program|mail system)|bounce|no such (?:user|mailbox)|unknown user|user unknown|over quota|mailbox (?:is )?full|exceeds allowed size|invalid final delivery|unknown recipient|not a member of|duplicated message-id"
    r"|nicht zugestellt|konnte nicht|n'a pas (?:pu|été)|no se (?:ha )?pud|não (?:foi|pôde)|non (?:è stato|recapit)|niet worden|kunne ikke|kunde inte|nie może|не (?:может|удалось|доставлено)|送信できません|配信できません|エラー|送信に失敗",
    re.IGNORECASE,
)
_ANSWERS = re.compile(r"auto-replied", re.IGNORECASE)
_WARNING = re.compile(r"warning message only|do not need to resend|has been delayed|delivery (?:status notification \()?delay|still being (?:retried|tried)|will (?:continue|keep|be retried|retry|try)|not yet been delivered|no action is required|attempts? to deliver .{0,80}will continue|message delayed|retried for|warning: (?:message|could not)|wird weiter versucht|delayed \d+", re.IGNORECASE)  # fmt: skip
_GIVEN_UP = re.compile(r"given up|giving up|gave up|permanent|could not be delivered for|will be deleted|no longer|undeliverable|has failed|\(failure\)", re.IGNORECASE)


def is_server(message: Part, text: str) -> bool:
    """Whether a mail server speaks: by two of its sender, its subject, its words and its codes, or its own header."""
    if message.header("x-failed-recipients") or message.parameters.get("report-type", "").lower() == "delivery-status":
        return True
    sender = _FROM.search(message.header("from")) is not None or message.header("return-path").strip() in ("<>", "<MAILER-DAEMON>")
    subject = _SUBJECT.search(message.header("subject")) is not None
    code = bool(status_in(text[:8000]) or reply_in(text[:8000]))
    words = _WORDS.search(text[:8000]) is not None
    if _ANSWERS.match(message.header("auto-submitted").strip()) and not (code or is_signed(message)):
        return False  # a program that calls itself an answer, and has no reply of a server to show
    return sum((sender, subject, words, code)) >= 2 and (words or code or subject) and (sender or subject or _quotes(text))


def is_signed(message: Part) -> bool:
    """Whether the sender calls itself the mail system, not a person's address."""
    return re.search(r"mailer-?daemon|mail delivery (?:sub)?system", message.header("from"), re.IGNORECASE) is not None


def is_warning(message: Part, text: str) -> bool:
    """Whether the server is still trying."""
    said = f"{message.header('subject')}\n{text[:6000]}"
    return _WARNING.search(said) is not None and _GIVEN_UP.search(said) is None


def _quotes(text: str) -> bool:
    return "transcript of session" in text.lower() or "<<<" in text or "error message below" in text.lower()
