package import Perch
package import PerchOperating
import Times

/// Patterns of errors as they are printed.
package struct FailedErrorsDocument: Encodable {
    package struct Pattern: Encodable {
        package let group, pattern, type, newest, firstFailedAt, lastFailedAt: String
        package let failed, dead: Int
    }

    package private(set) var errors: [Pattern] = []
    package private(set) var isCut = false
    package var problems: [ProblemDocument] = []

    package init() {}

    package mutating func add(_ found: FailedEvents.ErrorPatterns, of group: GroupName) {
        isCut = isCut || found.isCut
        errors += found.patterns.map {
            Pattern(
                group: group.rawValue,
                pattern: $0.text,
                type: $0.type.rawValue,
                newest: FailedID.text(group, $0.newest),
                firstFailedAt: $0.failedAt.lowerBound.description,
                lastFailedAt: $0.failedAt.upperBound.description,
                failed: $0.counts[.failed] ?? 0,
                dead: $0.counts[.dead] ?? 0
            )
        }
    }
}
