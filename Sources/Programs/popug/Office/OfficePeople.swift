import Foundation
import HTTPTypes
import Perch

/// The people of the office: who they are, and their sessions. Employees share the password of whoever hires them.
actor OfficePeople {
    private struct Person: Decodable {
        let user_id: UUID
        let email: String
    }

    private struct People: Decodable {
        let items: [Person]
        let next_cursor: String?
    }

    private let http = OfficeHTTP()
    private let addresses: OfficeAddresses
    private let password: String
    /// Hires, creates and reassigns.
    nonisolated let boss: OfficeSession
    private var emails: [UUID: String] = [:]
    private var sessions: [UUID: OfficeSession] = [:]
    /// Employees with passwords of their own: nobody here acts for them.
    private var strangers: Set<UUID> = []

    init(addresses: OfficeAddresses, email: String, password: String) {
        self.addresses = addresses
        self.password = password
        boss = OfficeSession(auth: addresses.auth, email: email, password: password)
    }

    /// Creates an employee. One whose creation was cut off and took effect all the same is not created again.
    func hire() async throws {
        let id = UUID.v7().text
        let body = [
            "name": "Popug \(id.suffix(6))", "email": "popug-\(id)@example.com", "role": "employee",
            "password": password,
        ]
        let person: Person = try await http.call(
            .post,
            "\(addresses.auth)/v1/users",
            token: try await boss.token(),
            body: body
        )
        emails[person.user_id] = person.email
    }

    /// The session of an employee; nil for one whose password is another.
    func session(of user: UUID) async throws -> OfficeSession? {
        if let session = sessions[user] { return session }
        if strangers.contains(user) { return nil }
        if emails[user] == nil { try await learnEmails() }
        guard let email = emails[user] else { return nil }
        let session = OfficeSession(auth: addresses.auth, email: email, password: password)
        do {
            _ = try await session.token()
        } catch let refusal as Refusal where refusal.status == 401 {
            strangers.insert(user)
            return nil
        }
        sessions[user] = session
        return session
    }

    private func learnEmails() async throws {
        var cursor = ""
        repeat {
            let url = "\(addresses.auth)/v1/users?limit=200\(cursor.isEmpty ? "" : "&cursor=\(cursor)")"
            let page: People = try await http.call(.get, url, token: try await boss.token())
            for person in page.items { emails[person.user_id] = person.email }
            cursor = page.next_cursor ?? ""
        } while !cursor.isEmpty
    }
}
