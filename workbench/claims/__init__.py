"""The claims ledger: what a document says, what we compute, and who is right."""

from workbench.claims.audit import Audit, AuditedClaim, audit
from workbench.claims.coverage import check_document
from workbench.claims.ledger import Claim, Ledger
from workbench.claims.verdict import Verdict

__all__ = ["Audit", "AuditedClaim", "Claim", "Ledger", "Verdict", "audit", "check_document"]
