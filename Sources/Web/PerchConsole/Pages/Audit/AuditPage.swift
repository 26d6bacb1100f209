import HTTPTypes
import Hummingbird
import NIOCore
import PageKit
import Perch
import PerchDocuments
import PerchOperating
import Times

/// `/audit`: who did what? And `/audit.csv`, the same as a file.
enum AuditPage {
    private static let size = 50
    private static let mostInFile = 10_000

    static func add(to routes: inout ConsoleRoutes) {
        routes.page("/audit", fields: AuditQuery.fields + ["before"]) { visit in
            let query = try AuditQuery(visit)
            // The filter tells also whether it may look at data: who may not see that does not share with who may.
            let question = Question(filter: query.filter, before: visit.query["before"])
            let page = try await visit.look(for: question) { system in
                let trail = AuditTrail(system)
                return try await trail.records(
                    filter: query.filter,
                    limit: size,
                    before: try await query.start(in: trail)
                )
            }
            let notices = visit.notices(of: page.problems)
            return Answer(
                visit.page("Audit", notices: notices, command: "perch audit", body: body(page, query, visit))
            ) { try AuditDocument.text(page, visit.parts.documents(of: page.problems)) }
        }
        routes.file("/audit.csv", fields: AuditQuery.fields) { visit in
            let query = try AuditQuery(visit)
            let page = try await visit.parts.readers.ask { system in
                try await AuditTrail(system).records(filter: query.filter, limit: mostInFile)
            }
            // A file that lacks a database's records would be taken for all of them.
            if let problem = page.problems.first { throw problem }
            return response(AuditFile.text(visit.shown(page.records), visit.clock), page.isCut)
        }
    }

    private struct Question: Sendable, Hashable {
        let filter: AuditTrail.Filter
        let before: String?
    }

    private static func response(_ text: String, _ isCut: Bool) -> Response {
        var headers: HTTPFields = [.contentType: "text/csv; charset=utf-8; header=present"]
        headers[.cacheControl] = "no-store"
        // Its name says that it is not all there is.
        headers[.contentDisposition] = "attachment; filename=\"audit\(isCut ? "-newest-\(mostInFile)" : "").csv\""
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }

    private static func body(_ page: AuditTrail.Page, _ query: AuditQuery, _ visit: Visit) -> HTML {
        let table = DataTable(
            id: "audit",
            caption: "Records of changes",
            isCaptionHidden: true,
            columns: [
                .init("Time"), .init("Who"), .init("Action"), .init("Target"), .init("Details"), .init("Record"),
            ],
            rows: page.records.map { row($0, visit) },
            empty: query.texts.isEmpty
                ? "Nobody has changed anything yet. What operators do is written here with the change itself."
                : "Nothing matches."
        )
        let older = page.isCut ? page.records.last.map { visit.address(setting: "before", to: $0.id.description) } : nil
        let isFirst = (visit.query["before"] ?? "").isEmpty
        let pager = Pager(newer: isFirst ? nil : visit.address(setting: "before"), older: older)
        var parts: [any Component] = [query.bar, table, pager]
        if let csv = query.csv, !page.records.isEmpty {
            let words: HTML = """
                \(Link("As CSV", to: csv)): all that match, the newest \(mostInFile) at most. Records stay for good; nobody can \
                change them here.
                """
            parts.append(Paragraph(words))
        }
        return HTML(parts)
    }

    private static func row(_ record: AuditRecord, _ visit: Visit) -> [DataTable.Cell] {
        let details = String(decoding: record.details, as: UTF8.self)
        return [
            .init(.component(TimeText(record.at, visit.clock, isExact: true))),
            .init(.component(Link(HTML(record.by), to: visit.address(setting: "by", to: record.by)))),
            .init(.text(record.action)), .init(.text(record.target)),
            .init(
                details == "{}"
                    ? .none : .component(Disclosure("Details", Code("Details of \(record.id)", details).html))
            ),
            .init(.text(record.id.description)),
        ]
    }
}
