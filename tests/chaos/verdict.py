"""What a checker says about a run: findings by subject and kind, extra sends with their causes, counts."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

SUBJECTS = ("messages", "replies", "trips", "events", "statuses", "processes")
KINDS = ("lost", "doubled", "reordered", "stuck", "wrong")


@dataclass(frozen=True)
class Finding:
    """One thing that must not be."""

    subject: str
    kind: str
    what: str

    def __str__(self) -> str:
        return f"{self.subject} {self.kind}: {self.what}"


@dataclass(frozen=True)
class ExtraSend:
    """A reply that a phone received again, and why that could not be helped."""

    outbox_id: int
    cause: str


@dataclass
class Verdict:
    """Zero findings is what everybody wants."""

    findings: list[Finding] = field(default_factory=list)
    extra_sends: list[ExtraSend] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    # What providers did wrong, by kind.
    deeds: dict[str, int] = field(default_factory=dict)

    def note(self, subject: str, kind: str, what: str) -> None:
        assert subject in SUBJECTS, subject
        assert kind in KINDS, kind
        self.findings.append(Finding(subject, kind, what))

    def each(self, subject: str, kind: str, what: str, cases: Iterable[object]) -> None:
        """A finding for each of these."""
        for case in cases:
            self.note(subject, kind, f"{what}: {case}")

    def matrix(self) -> dict[str, dict[str, int]]:
        """How many findings of each kind for each subject."""
        found = Counter((one.subject, one.kind) for one in self.findings)
        return {subject: {kind: found[subject, kind] for kind in KINDS} for subject in SUBJECTS}
