import Foundation
import HTTPTypes
import Hummingbird
import PageKit
import Perch
import ServiceKit

/// What the address of a list of tickets asks for.
struct TicketListChoice: Hashable {
    static let fields = ["search", "status", "assignee", "after", "before"]

    /// As it was typed.
    var search = ""
    var status: Ticket.Status?
    /// A part of the name, an id, or `me`.
    var assignee = ""
    var place: ListPlace<UUID> = .start

    /// Whether it asks for all tickets.
    var isEverything: Bool { search.isEmpty && status == nil && assignee.isEmpty }

    /// The list's address.
    var target: LinkTarget {
        let (after, before): (UUID?, UUID?) =
            switch place {
            case .start: (nil, nil)
            case .after(let id): (id, nil)
            case .before(let id): (nil, id)
            }
        return LinkTarget(
            ["tickets"],
            query: [
                ("search", search.isEmpty ? nil : search), ("status", status?.rawValue),
                ("assignee", assignee.isEmpty ? nil : assignee), ("after", after?.text), ("before", before?.text),
            ]
        ) ?? TicketListPage.path
    }

    /// The same list, from its first page on or from another place.
    func at(_ place: ListPlace<UUID>) -> TicketListChoice {
        var choice = self
        choice.place = place
        return choice
    }

    /// The form that asks for tickets, with nothing wrong in it.
    var filter: FilterBar { filter(formFields(), assigneeName: assignee) }

    /// - Parameter errors: By the field's name.
    func formFields(_ errors: [String: String] = [:]) -> [FormField] {
        [
            FormField("search", "Title or id", .search, value: search, error: errors["search"]),
            FormField(
                "status",
                "Status",
                .select([.init("", "any"), .init("open", "open"), .init("closed", "closed")]),
                value: status?.rawValue ?? ""
            ), FormField("assignee", "Assignee", .search, value: assignee, error: errors["assignee"]),
        ]
    }

    /// - Parameter assigneeName: How the assignee is called who is asked for.
    func filter(_ fields: [FormField], assigneeName: String) -> FilterBar {
        var conditions: [FilterBar.Condition] = []
        let first = at(.start)
        func add(_ words: String, _ isSet: Bool, _ clear: (inout TicketListChoice) -> Void) {
            guard isSet else { return }
            var without = first
            clear(&without)
            conditions.append(.init(words, without: without.target))
        }
        add("Title or id: \(search)", !search.isEmpty) { $0.search = "" }
        add("Status: \(status?.rawValue ?? "")", status != nil) { $0.status = nil }
        add("Assignee: \(assigneeName)", !assignee.isEmpty) { $0.assignee = "" }
        return FilterBar("Tickets", TicketListPage.path, fields: fields, conditions: conditions, button: "Find")
    }
}

extension TicketListChoice {
    init(_ visit: Visit) throws {
        search = visit.field("search") ?? ""
        assignee = (visit.field("assignee") ?? "").trimmingCharacters(in: .whitespacesAndNewlines)
        status = try visit.ticketStatus()
        place = try visit.ticketPlace()
    }
}

extension Visit {
    /// - Throws: 400 for another word.
    func ticketStatus() throws -> Ticket.Status? {
        try field("status").map { text in
            guard let status = Ticket.Status(rawValue: text) else {
                throw HTTPError(.badRequest, message: "A status is open or closed.")
            }
            return status
        }
    }

    /// Which page of a list.
    func ticketPlace() throws -> ListPlace<UUID> {
        func id(_ name: String) throws -> UUID? {
            try field(name).map { text in
                guard let id = UUID(uuidString: text) else {
                    throw HTTPError(.badRequest, message: "A page of a list begins at the id of a ticket.")
                }
                return id
            }
        }
        if let id = try id("after") { return .after(id) }
        return try id("before").map { .before($0) } ?? .start
    }
}
