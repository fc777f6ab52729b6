"""Insurance: how somebody stands, handing a certificate in, and making a claim with documents."""

from hailwire.trips.v1 import events_pb2
from services.gateway.conversations.flows.declaration import HOME, STAY, Flow, Question, Step

INSURANCE_CERTIFICATE = "insurance.certificate"
INSURANCE_CLAIM = "insurance.claim"
INSURANCE_DOCUMENTS = "insurance.documents"

# A photo below which the word stands is a certificate already.
_SHOW = Step("insurance:show", (HOME, INSURANCE_CERTIFICATE))

FLOW = Flow(
    name="insurance",
    questions=(
        Question(
            name=INSURANCE_CERTIFICATE,
            asks="insurance:ask_certificate",
            answer=Step("insurance:take_certificate", (STAY,), acts=True),
            offers=("go:insurance",),
            files=True,
        ),
        Question(
            name=INSURANCE_CLAIM,
            asks="insurance:ask_claim",
            answer=Step("insurance:take_claim", (STAY, INSURANCE_DOCUMENTS), acts=True),
            files=True,
        ),
        Question(
            name=INSURANCE_DOCUMENTS,
            asks="insurance:ask_documents",
            answer=Step("insurance:take_documents", (STAY,), acts=True),
            offers=("go:insurance",),
            otherwise=(INSURANCE_CLAIM,),
            files=True,
        ),
    ),
    words={
        _SHOW: (
            *("insurance", "certificate", "my insurance"),
            *("assurance", "attestation", "mon assurance"),
            *("ubwishingizi", "ubwishingizi bwanjye"),
            *("bima", "bima yangu"),
        ),
    },
    taps={
        "go:insurance": _SHOW,
        "insurance:send": Step("insurance:begin_certificate", (INSURANCE_CERTIFICATE,)),
        "insurance:claim": Step("insurance:begin_claim", (INSURANCE_CLAIM,)),
    },
    events={
        events_pb2.EVENT_KIND_CERTIFICATE_RECEIVED: Step("insurance_events:received", (STAY,)),
        events_pb2.EVENT_KIND_CERTIFICATE_REVIEWED: Step("insurance_events:reviewed", (STAY,)),
        events_pb2.EVENT_KIND_CERTIFICATE_EXPIRES_SOON: Step("insurance_events:expires_soon", (STAY,)),
        events_pb2.EVENT_KIND_CERTIFICATE_EXPIRED: Step("insurance_events:expired", (STAY,)),
        events_pb2.EVENT_KIND_CLAIM_DOCUMENTS_RECEIVED: Step("insurance_events:documents_received", (STAY,)),
        events_pb2.EVENT_KIND_CLAIM_MOVED: Step("insurance_events:claim_moved", (STAY,)),
        events_pb2.EVENT_KIND_FILE_REFUSED: Step("insurance_events:file_refused", (STAY,)),
    },
)
