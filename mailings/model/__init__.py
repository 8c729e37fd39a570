"""The nouns: one a file, each with its table, its statuses and the moves they allow."""

from mailings.model.address import Address, AddressStanding
from mailings.model.approval import Approval, ApprovedRecipient, Decision, Door
from mailings.model.base import Base, Moment
from mailings.model.bucket import Bucket
from mailings.model.company import Company
from mailings.model.consent import EMARKETING, SALES_AND_SERVICE, Basis, Consent
from mailings.model.delivery import OUR_MOVES, Delivery, DeliveryNote, DeliveryStatus
from mailings.model.errand import Errand, FollowUp, Outbox, Request
from mailings.model.event import VISIT, Bookmark, Event, EventReading, ReadMail
from mailings.model.evidence import Evidence
from mailings.model.figure import Figure
from mailings.model.folder import Folder
from mailings.model.form import Form, FormVersion, ProcessingMode, Submission, SubmissionStatus, SubmittedFile
from mailings.model.lease import Lease, LeaseRole
from mailings.model.mail_domain import MailDomain
from mailings.model.mailing import LIFE, Mailing, MailingFile, MailingStatus, MailingType, TrackedLink
from mailings.model.notice import Notice
from mailings.model.person import Associate, Interest, Person, PersonInterest
from mailings.model.project import Project, ProjectMember
from mailings.model.recipient import Recipient, Verdict
from mailings.model.registered_link import RegisteredLink
from mailings.model.resend_order import ResendOrder
from mailings.model.sale import Sale
from mailings.model.selection import Combination, Selection, SelectionKind, SelectionMember
from mailings.model.source import ImportedRow, Source, SourceKind
from mailings.model.text_slot import TextSlot
from mailings.model.topic import DEFAULT_TOPICS, OptOut, Topic
from mailings.model.upload import Upload
from mailings.model.user import AuditEntry, Role, SignIn, User

__all__ = [
    "DEFAULT_TOPICS",
    "EMARKETING",
    "LIFE",
    "OUR_MOVES",
    "SALES_AND_SERVICE",
    "VISIT",
    "Address",
    "AddressStanding",
    "Approval",
    "ApprovedRecipient",
    "Associate",
    "AuditEntry",
    "Base",
    "Basis",
    "Bookmark",
    "Bucket",
    "Combination",
    "Company",
    "Consent",
    "Decision",
    "Delivery",
    "DeliveryNote",
    "DeliveryStatus",
    "Door",
    "Errand",
    "Event",
    "EventReading",
    "Evidence",
    "Figure",
    "Folder",
    "FollowUp",
    "Form",
    "FormVersion",
    "ImportedRow",
    "Interest",
    "Lease",
    "LeaseRole",
    "MailDomain",
    "Mailing",
    "MailingFile",
    "MailingStatus",
    "MailingType",
    "Moment",
    "Notice",
    "OptOut",
    "Outbox",
    "Person",
    "PersonInterest",
    "ProcessingMode",
    "Project",
    "ProjectMember",
    "ReadMail",
    "Recipient",
    "RegisteredLink",
    "Request",
    "ResendOrder",
    "Role",
    "Sale",
    "Selection",
    "SelectionKind",
    "SelectionMember",
    "SignIn",
    "Source",
    "SourceKind",
    "Submission",
    "SubmissionStatus",
    "SubmittedFile",
    "TextSlot",
    "Topic",
    "TrackedLink",
    "Upload",
    "User",
    "Verdict",
]
