"""The users of the desk: made, given roles and passwords, disabled; for administrators."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from sqlalchemy.orm import Session

from mailings.errors import NotAllowed, NotFound
from mailings.model import Role, User
from mailings.staff import passwords, users
from web.desk.at import Desk, at_desk, path

router = APIRouter()


def _by_an_admin(desk: Annotated[Desk, Depends(at_desk)]) -> Desk:
    desk.must(Role.ADMIN)
    return desk


ForAdmin = Annotated[Desk, Depends(_by_an_admin)]


@router.get("/users")
def listing(desk: ForAdmin) -> Response:
    """Everybody who may, or might, sign in; and the form for one more."""
    return _list(desk)


@router.post("/users")
def add(desk: ForAdmin) -> Response:
    """A new user. The password that was made for them is shown on the answer, and nowhere else ever."""
    name, password = desk.fields.first("name"), passwords.generated()
    hashed = passwords.hashed(password) if "with_password" in desk.fields else None
    try:
        with desk.changing("add user", f"user {users.as_name(name)}", roles=desk.fields.all("role")) as session:
            told = {"full_name": desk.fields.first("full_name"), "email": desk.fields.first("email")}
            made = users.add(session, name, desk.fields.all("role"), **told)
            if hashed:
                users.set_password(session, made, hashed)
            kept = made.name
    except NotAllowed as error:
        return _list(desk, 409, trouble=str(error))
    return _one(desk, kept, password=password if hashed else "", note="user_added")


@router.get("/users/{name}")
def one(desk: ForAdmin, name: str) -> Response:
    """One user: roles, how they come in, and what an administrator may do about it."""
    return _one(desk, name)


@router.post("/users/{name}")
def change(desk: ForAdmin, name: str) -> Response:
    """Their name, address and roles; these hold with their next click."""
    roles = desk.fields.all("role")
    try:
        told: dict[str, Any] = {}
        with _changing(desk, "change roles", name, told) as (session, user):
            told["before"] = list(user.roles)
            users.describe(user, desk.fields.first("full_name"), desk.fields.first("email"))
            users.set_roles(session, user, roles)
            told["after"] = list(user.roles)
    except NotAllowed as error:
        return _one(desk, name, 409, trouble=str(error))
    return desk.moved_to(path("users", name), "user_changed")


@router.post("/users/{name}/password")
def password(desk: ForAdmin, name: str) -> Response:
    """Another password, shown once. Wherever they are signed in, they are signed out."""
    made = passwords.generated()
    hashed = passwords.hashed(made)
    with _changing(desk, "change password", name) as (session, user):
        users.set_password(session, user, hashed, but=desk.secret)
    return _one(desk, name, password=made)


@router.post("/users/{name}/disable")
def disable(desk: ForAdmin, name: str) -> Response:
    """In no more, at once."""
    try:
        with _changing(desk, "disable user", name) as (session, user):
            users.disable(session, user)
    except NotAllowed as error:
        return _one(desk, name, 409, trouble=str(error))
    return desk.moved_to(path("users", name), "user_disabled")


@router.post("/users/{name}/enable")
def enable(desk: ForAdmin, name: str) -> Response:
    """In again, also after too many wrong passwords."""
    with _changing(desk, "enable user", name) as (session, user):
        users.enable(session, user)
    return desk.moved_to(path("users", name), "user_enabled")


@contextmanager
def _changing(desk: Desk, what: str, name: str, told: dict[str, Any] | None = None) -> Iterator[tuple[Session, User]]:
    with desk.changing(what, f"user {users.as_name(name)}", told) as session:
        yield session, _named(desk, session, name)


def _named(desk: Desk, session: Session, name: str) -> User:
    try:
        return users.user_named(session, name)
    except NotFound:
        raise NotFound(desk.say("no_such_user", name=name)) from None


def _list(desk: Desk, status: int = 200, trouble: str = "") -> Response:
    with desk.door.database.reading() as session:
        found = [users.document(user) | {"seen": user.signed_in_at} for user in users.listed(session)]
    return desk.show("users/list.html", status, users=found, roles=list(Role), trouble=trouble, fields=desk.fields)


def _one(desk: Desk, name: str, status: int = 200, **more: Any) -> Response:
    with desk.door.database.reading() as session:
        user = _named(desk, session, name)
        found = users.document(user) | {"seen": user.signed_in_at}
    told = {"password": "", "trouble": "", "note": ""} | more
    return desk.show("users/one.html", status, one=found, roles=list(Role), **told)
