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
    package var isCut = false
    package var problems: [ProblemDocument] = []

    package init() {}

    package mutating func add(_ found: FailedEvents.ErrorPatterns, of group: GroupName) {
        isCut = isCut || found.isCut
        for pattern in found.patterns { add(pattern, of: group) }
    }

    package mutating func add(_ pattern: ErrorPattern, of group: GroupName) {
        errors.append(
            Pattern(
                group: group.rawValue,
                pattern: pattern.text,
                type: pattern.type.rawValue,
                newest: FailedID.text(group, pattern.newest),
                firstFailedAt: pattern.failedAt.lowerBound.description,
                lastFailedAt: pattern.failedAt.upperBound.description,
                failed: pattern.counts[.failed] ?? 0,
                dead: pattern.counts[.dead] ?? 0
            )
        )
    }
}
