import Perch
package import PerchOperating
import Times

/// Records of operators as JSON.
package enum AuditDocument {
    private struct Head: Encodable {
        let id, at, by, action, target: String
        let group: String?
    }

    private struct Foot: Encodable {
        let isCut: Bool
        let problems: [ProblemDocument]
    }

    /// Not ended.
    package static func text(_ page: AuditTrail.Page, _ problems: [ProblemDocument]) throws -> String {
        let records = try page.records.map(line).joined(separator: ",\n")
        let foot = try JSONOutput.text(Foot(isCut: page.isCut, problems: problems), isPretty: false)
        return "{\"records\":[\(records)],\(foot.dropFirst())"
    }

    /// In one line.
    package static func line(_ record: AuditRecord) throws -> String {
        let head = Head(
            id: record.id.description,
            at: record.at.description,
            by: record.by,
            action: record.action,
            target: record.target,
            group: record.group?.rawValue
        )
        return "{\"details\":\(try EventDocument.value(record.details)),"
            + "\(try JSONOutput.text(head, isPretty: false).dropFirst())"
    }
}
