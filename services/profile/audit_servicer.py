"""Shows the audit log over gRPC."""

from chassis import pages
from chassis.database import Database
from hailwire.profile.v1 import audit_pb2 as pb
from hailwire.profile.v1 import audit_pb2_grpc
from services.profile import audit_listing
from services.profile.audit_listing import Wanted


class AuditServicer(audit_pb2_grpc.AuditServiceServicer):
    """AuditService over the database: operators read it now and then, and want the truth."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ListAuditEntries(
        self, request: pb.ListAuditEntriesRequest, context: object
    ) -> pb.ListAuditEntriesResponse:
        """Lists entries page by page."""
        wanted = Wanted(
            person_id=request.person_id if request.HasField("person_id") else None,
            action=request.action,
            created=pages.created(request),
            paging=pages.paging(request),
        )
        page = await wanted.paging.of(audit_listing.query(wanted)).execute(self._database)
        response = pb.ListAuditEntriesResponse()
        for row in page.rows:
            entry = response.entries.add(
                audit_id=row["audit_id"],
                person_id=row["person_id"],
                action=row["action"],
                actor=row["actor"],
                detail=row["detail"],
            )
            entry.create_time.FromDatetime(row["created_at"])
        return pages.answered(response, page)
