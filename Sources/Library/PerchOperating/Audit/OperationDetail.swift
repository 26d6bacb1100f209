import FoundationEssentials
import Perch
import Postgres

extension SQL.StringInterpolation {
    /// The JSON object that says in a record which operation its change is a part of: `{"operation": "0190…"}`, or `{}`.
    mutating func appendInterpolation(of operation: UUID?) {
        appendLiteral("jsonb_strip_nulls(jsonb_build_object('operation', ")
        appendInterpolation(operation?.text)
        appendLiteral("::text))")
    }
}
