import Foundation
import PageKit

/// The form that makes a ticket.
struct NewTicketPage {
    static let path: LinkTarget = "/tickets/new"
    /// What is said where tickets have nobody to go to.
    static let nobody = "Nobody can take it: an admin adds an employee first"

    /// Of the ticket that it makes.
    var id: UUID
    var title = ""
    var description = ""
    /// By the field.
    var errors: [String: String] = [:]

    var fields: [FormField] {
        [
            FormField(
                "title",
                "Title",
                value: title,
                hint: "What is to be done, in one line of 1 to 500 characters",
                longest: 500,
                isRequired: true,
                error: errors["title"]
            ),
            FormField(
                "description",
                "Description",
                .lines(rows: 8),
                value: description,
                hint: "Plain text, up to 10,000 characters",
                longest: 10_000,
                error: errors["description"]
            ),
        ]
    }

    /// What is wrong, with how much was typed where that is too much.
    mutating func note(_ error: TicketError) {
        guard let field = error.field else { return }
        let (text, longest) = field == "title" ? (title, 500) : (description, 10_000)
        let count = text.trimmingCharacters(in: .whitespacesAndNewlines).unicodeScalars.count
        errors[field] =
            if count == 0 { "Write a title" } else if count > longest {
                "Write at most \(PageWords.count(longest, "character")): these are \(PageWords.count(count, "character"))"
            } else { error.message.prefix(1).uppercased() + error.message.dropFirst() }
    }
}
