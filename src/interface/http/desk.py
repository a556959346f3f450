"""Whose desk a resource is: staff may be limited to some."""

from app.commands import Actor
from app.read_models.reader import Reader
from app.read_models.resources import ResourceRow
from domain.refusal import Refused
from interface.http.addresses import resource_in
from interface.http.auth import TokenRole
from interface.http.callers import Visitor
from interface.http.resources import visible_resource
from interface.http.service import Visit


async def at_desk(visit: Visit, *roles: TokenRole) -> tuple[Actor, str]:
    """Who asks, in the first of these roles, and the path's resource, within their scope.

    Raises Refused (`unknown-resource`, `forbidden`), Declined (`forbidden`).
    """
    actor, resource = visit.visitor.acting(*roles), resource_in(visit.request)
    only_looks = visit.request.scope["method"] in {"GET", "HEAD"}
    ask = visit.service.ask if only_looks else visit.service.ask_before_acting
    await ask(visit, covered_resource, visit.visitor, actor, resource)
    return actor, resource


def covered_resource(reader: Reader, visitor: Visitor, actor: Actor, resource: str) -> ResourceRow:
    """A resource within the actor's scope. Raises Refused (`unknown-resource`, `forbidden`)."""
    return must_be_covered(actor, visible_resource(reader, visitor, resource))


def must_be_covered(actor: Actor, row: ResourceRow) -> ResourceRow:
    """The resource itself. Raises Refused (`forbidden`) outside the actor's scope."""
    if not actor.covers(row.resource()):
        raise Refused("forbidden", f"Your token does not cover {row.name}.", resource=row.id)
    return row
