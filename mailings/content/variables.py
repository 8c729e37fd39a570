"""Every variable of a template and the column it is read from, so that a mailing reads only the columns it uses (domain.md D.3, D.4)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, String, bindparam, case, cast, func, inspect, literal_column, null, select
from sqlalchemy.orm import aliased
from sqlalchemy.sql.visitors import iterate

from mailings.model import Address, Associate, Company, Delivery, Person, Recipient

OurContact = aliased(Associate, name="our_contact")
SupportContact = aliased(Associate, name="support_contact")
PersonsContact = aliased(Associate, name="persons_contact")
ServiceContact = aliased(Associate, name="service_contact")
SalesContact = aliased(Associate, name="sales_contact")

Column = ColumnElement[Any]
EMPTY: Column = literal_column("''")

#: table or alias -> how it hangs on the recipient, in the order the joins must stand
JOINS: dict[Any, Column] = {
    Person: Person.id == Recipient.person_id,
    Company: Company.id == func.coalesce(Recipient.company_id, Person.company_id),
    # B.3: the person's own contact where there is one, else the company's ("our contact" is its sales contact, D.4)
    OurContact: OurContact.id == func.coalesce(Person.our_contact_id, Company.our_sales_contact_id),
    SupportContact: SupportContact.id == func.coalesce(Person.support_contact_id, Company.our_contact_id),
    PersonsContact: PersonsContact.id == Person.our_contact_id,
    ServiceContact: ServiceContact.id == Company.our_contact_id,
    SalesContact: SalesContact.id == Company.our_sales_contact_id,
}
_NEEDS: dict[Any, tuple[Any, ...]] = {
    Company: (Person,),
    OurContact: (Person, Company),
    SupportContact: (Person, Company),
    PersonsContact: (Person,),
    ServiceContact: (Person, Company),
    SalesContact: (Person, Company),
}

ADDRESS: Column = func.coalesce(Recipient.address, EMPTY)
# a person without a name is not greeted by that of their company
_OWN = case((Recipient.person_id.is_not(None), Person.name), else_=Company.name)
NAME: Column = func.coalesce(func.nullif(Recipient.name, EMPTY), func.nullif(_OWN, EMPTY), EMPTY)
_PERSON_TEXTS = {
    "cellphone": Person.mobile,
    "firstname": Person.first_name,
    "language": Person.language,
    "lastname": Person.last_name,
    "middlename": Person.middle_name,
    "mrmrs": Person.salutation,
    "note": Person.note,
    "phone": Person.phone,
    "title": Person.title,
    "username": Person.username,
    "direct": Person.direct_phone,
    "category": Person.category,
    "business": Person.business,
    "number": Person.number,
    "position": Person.position,
    "street": Person.street,
    "zip": Person.zip,
    "city": Person.city,
}
_COMPANY_TEXTS = {
    "adr": Company.street,
    "department": Company.department,
    "domain": Company.domain,
    "fax": Company.fax,
    "name": Company.name,
    "note": Company.note,
    "phone": Company.phone,
    "country": Company.country,
    "url": Company.url,
    "category": Company.category,
    "business": Company.business,
    "number2": Company.number,
    "city": Company.city,
}


def _best_name() -> Column:
    # D.6: imported people have a name and an address, and nothing made from them
    known = Recipient.person_id.is_not(None) | Recipient.company_id.is_not(None)
    return case((known, func.coalesce(func.nullif(NAME, EMPTY), ADDRESS)), else_=EMPTY)


def _greeting() -> Column:
    titled = (Person.salutation != EMPTY) & (Person.last_name != EMPTY)
    return case((titled, Person.salutation + literal_column("' '") + Person.last_name), else_=_best_name())


def _contact(prefix: str, alias: Any) -> dict[str, Column]:
    fields = {"name": alias.name, "email": alias.email, "phone": alias.phone, "cellphone": alias.cellphone}
    return {f"{prefix}.{field}": _text(column) for field, column in fields.items()}


def _text(column: Any) -> Column:
    return func.coalesce(column, EMPTY)


def _columns() -> dict[str, Column]:
    first = select(Address.normal).where(Address.person_id == Company.primary_contact_id, Address.valid)
    primary_email = first.order_by(Address.rank, Address.id).limit(1).correlate(Company).scalar_subquery()
    return {
        "customer.name": NAME,
        "customer.email": ADDRESS,
        "customer.bestName": _best_name(),
        "customer.salutation": _best_name(),
        "makeSalutation": _greeting(),
        "customer.id": func.coalesce(cast(Person.id, String), EMPTY),
        "customer.deleted": case(
            (Person.deleted_at.is_not(None), literal_column("'1'")), (Person.id.is_not(None), literal_column("'0'")), else_=EMPTY
        ),
        **{f"customer.{name}": _text(column) for name, column in _PERSON_TEXTS.items()},
        "customer.ourContact": _text(PersonsContact.name),
        "company.id": func.coalesce(cast(Company.id, String), EMPTY),
        **{f"company.{name}": _text(column) for name, column in _COMPANY_TEXTS.items()},
        "company.primaryContact.id": func.coalesce(cast(Company.primary_contact_id, String), EMPTY),
        "company.primaryContact.email": _text(primary_email),
        "company.ourContact": _text(ServiceContact.name),
        **_contact("company.ourContact", ServiceContact),
        "company.ourSalesContact": _text(SalesContact.name),
        **_contact("company.ourSalesContact", SalesContact),
        **_contact("ourContact", OurContact),
    }


#: variable -> the column it is read from; never NULL, text throughout (D.1: unknown data is empty)
COLUMNS = _columns()
#: fields of people's and companies' own: `customer.custom.shoe_size`
CUSTOM = {"customer.custom.": Person.custom, "company.custom.": Company.custom}


def known_variable(path: str) -> bool:
    """True for a variable that `column` knows."""
    return path in COLUMNS or any(path.startswith(prefix) and len(path) > len(prefix) for prefix in CUSTOM)


def column(path: str) -> Column:
    """The column a variable is read from. Raises KeyError for one there is not."""
    for prefix, custom in CUSTOM.items():
        if path.startswith(prefix):
            return func.coalesce(custom[path.removeprefix(prefix)].as_string(), EMPTY)
    return COLUMNS[path]


def joined(statement: Select[Any], columns: Iterable[Column]) -> Select[Any]:
    """`statement`, which selects from recipients, with the outer joins that `columns` need and no others."""
    wanted: set[Any] = set()
    for table in _tables(columns):
        wanted.update((table, *_NEEDS.get(table, ())))
    for table, on in JOINS.items():
        if table in wanted:
            statement = statement.outerjoin(table, on)
    return statement


def of_deliveries(columns: Sequence[Any]) -> Select[Any]:
    """Rows of deliveries: id, address, `columns`; binds mailing_id, low and high (delivery ids, both inclusive)."""
    address = func.coalesce(Delivery.address, Recipient.address, EMPTY)
    statement = select(Delivery.id, address, *columns).outerjoin(Recipient, Recipient.id == Delivery.recipient_id)
    bounds = Delivery.id.between(bindparam("low"), bindparam("high"))
    return joined(statement, columns).where(Delivery.mailing_id == bindparam("mailing_id"), bounds).order_by(Delivery.id)


def of_recipient(recipient_id: int, columns: Sequence[Any]) -> Select[Any]:
    """The row of a recipient who has no delivery: NULL, address, `columns`."""
    statement = select(null(), ADDRESS, *columns).select_from(Recipient)
    return joined(statement, columns).where(Recipient.id == recipient_id)


def _tables(columns: Iterable[Column]) -> Iterable[Any]:
    named = {inspect(table).selectable: table for table in JOINS}
    for expression in columns:
        for element in iterate(expression):
            if (table := named.get(getattr(element, "table", None))) is not None:
                yield table
