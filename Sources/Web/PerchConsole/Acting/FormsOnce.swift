import Foundation
import Hummingbird
import PageKit
import Perch

/// Has each form do its work once, however often it is sent: a second click, and a form that is sent again, come to what the first did.
///
/// Each rendering of a form has an id of its own. What the last 1,000 of them came to is kept in memory; what was changed stands in
/// `perch.operations` for good.
actor FormsOnce {
    /// What a form came to.
    struct Done: Sendable {
        /// A sentence, for the page that comes next.
        let words: String
        let target: LinkTarget
    }

    private struct Key: Hashable {
        let session: String
        let id: String
    }

    private struct Entry {
        let path: String
        let work: Task<Done?, any Error>
    }

    private static let most = 1000
    private var entries: [Key: Entry] = [:]
    private var order: [Key] = []

    /// Does the work, or waits for the one that does it already.
    ///
    /// It goes on where who sent the form leaves meanwhile.
    /// - Parameter work: Gives nil where it changed nothing: then the form may be sent again.
    /// - Throws: What the work throws.
    func done(
        _ id: String,
        session: String,
        path: String,
        _ work: @escaping @Sendable () async throws -> Done?
    ) async throws -> Done? {
        let key = Key(session: session, id: id)
        if let entry = entries[key] {
            guard entry.path == path else { throw HTTPError(.badRequest, message: "This form was another one's.") }
            return try await entry.work.value
        }
        let entry = Entry(path: path, work: Task { try await work() })
        entries[key] = entry
        order.append(key)
        if order.count > Self.most { entries[order.removeFirst()] = nil }
        do {
            let done = try await entry.work.value
            if done == nil { forget(key) }
            return done
        } catch {
            forget(key)
            throw error
        }
    }

    /// What is said of a form that this session has sent.
    func words(of id: String, session: String) async -> String? {
        guard let entry = entries[Key(session: session, id: id)] else { return nil }
        return try? await entry.work.value?.words
    }

    private func forget(_ key: Key) {
        entries[key] = nil
        order.removeAll { $0 == key }
    }
}

extension Visit {
    /// The id of a form that is shown now.
    static func newForm() -> String { UUID.v7().text }

    /// Does what a form asks for, once.
    ///
    /// - Parameter work: Gives nil where it changed nothing, since what was confirmed is no longer so.
    func once(
        _ fields: FormFields,
        _ work: @escaping @Sendable () async throws -> FormsOnce.Done?
    ) async throws -> FormsOnce.Done? {
        guard let id = fields["form"], UUID(uuidString: id) != nil else {
            throw HTTPError(.badRequest, message: "This form has no number of its own. Load its page again.")
        }
        let done = try await parts.once.done(id, session: viewer.session, path: path, work)
        if done != nil { await parts.noteChange() }
        return done
    }

    /// What a form came to: words on the page that it leads to.
    func done(_ words: String, _ fields: FormFields, at segments: [String]) -> FormsOnce.Done {
        FormsOnce.Done(words: words, target: LinkTarget(segments, query: [("done", fields["form"])]) ?? "/")
    }

    /// What the form said that led here; nil: none did.
    func message() async -> Message? {
        guard let id = query["done"], let words = await parts.once.words(of: id, session: viewer.session) else {
            return nil
        }
        return Message(HTML(words))
    }
}
