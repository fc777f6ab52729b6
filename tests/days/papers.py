"""Certificates of insurance: pages that people hand in, and what operators say of them."""

from tests.days.values import Certificate, CertificateState, Person
from tests.days.wallets import Wallets

_STANDING = {
    CertificateState.SUBMITTED: "certificate-waits",
    CertificateState.APPROVED: "insured-until",
    CertificateState.REJECTED: "certificate-rejected",
}


class Papers(Wallets):
    """Everybody's certificates, beside their money."""

    def looks_at_insurance(self, person: Person) -> None:
        """How they stand."""
        self.answered(person, "certificate-none" if person.certificate is None else _STANDING[person.certificate.state])

    def hands_in(self, person: Person) -> None:
        """One more page of the certificate that waits, or the first of a new one; it is fetched, and that is told."""
        if person.certificate is None or person.certificate.state is not CertificateState.SUBMITTED:
            person.certificate = Certificate()
            person.certificates.append(person.certificate)
        person.certificate.pages += 1
        self.answered(person, "file-coming")
        self.hears(person, "certificate-received", count=person.certificate.pages)

    def is_reviewed(self, person: Person, *, approved: bool) -> None:
        """An operator decides."""
        assert person.certificate is not None
        assert person.certificate.state is CertificateState.SUBMITTED
        person.certificate.state = CertificateState.APPROVED if approved else CertificateState.REJECTED
        self.hears(person, "certificate-approved" if approved else "certificate-rejected")
