import Foundation
import HTTPTypes
import PageKit
import Perch
import Postgres
import ServiceKit

extension TrackerPages {
    func addNewTicket(to routes: inout PageRoutes) {
        routes.page("/tickets/new") { visit in
            let hasEmployees = try await Employees.exist(in: self.database)
            return Self.page(NewTicketPage(id: .v7()), visit, isTaken: hasEmployees)
        }
        routes.form("/tickets/new") { visit, fields in
            var form = NewTicketPage(id: .v7())
            (form.title, form.description) = (fields["title"] ?? "", fields["description"] ?? "")
            guard let id = fields["form"].flatMap({ UUID(uuidString: $0) }), FormID.isFresh(id, now: self.now()) else {
                form.errors["title"] = "This form is old: look at it, and send it again"
                return .page(Self.page(form, visit), .unprocessableContent)
            }
            form.id = id
            return try await self.create(form, visit)
        }
    }

    private func create(_ form: NewTicketPage, _ visit: Visit) async throws -> Outcome {
        var form = form
        do {
            let ticket = try await tickets.create(
                id: form.id,
                title: form.title,
                description: form.description,
                by: visit.viewer.user.id,
                in: database
            )
            let name = try await tickets.shown(ticket.ticketID, in: database)?.assigneeName
            let message = name.map { "\(PageWords.quoted(ticket.title)) went to \($0)" }
            return .done(Ticket.target(ticket.ticketID), message: message)
        } catch let error as TicketError {
            if error.code == .noEmployee { return .page(Self.page(form, visit, isTaken: false), .conflict) }
            if error.code == .idTaken {
                form.id = .v7()
                form.errors["title"] = "This form was sent by somebody else: send it again"
            }
            form.note(error)
            return .page(Self.page(form, visit), .unprocessableContent)
        }
    }

    /// - Parameter isTaken: Whether there is somebody to take a ticket.
    private static func page(_ form: NewTicketPage, _ visit: Visit, isTaken: Bool = true) -> Page {
        let fields = form.fields
        let sheet = Form(
            NewTicketPage.path,
            token: visit.token(for: NewTicketPage.path),
            id: form.id.text,
            fields: fields,
            button: "Create ticket",
            back: TicketListPage.path
        )
        return visit.page(
            "New ticket",
            notices: isTaken ? [] : [Notice(NewTicketPage.nobody)],
            errors: ErrorSummary(of: fields),
            body: "\(Paragraph("It goes to an employee by lot."))\(sheet)"
        )
    }
}
