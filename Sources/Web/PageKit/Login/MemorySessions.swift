package import Times

/// Sessions in the memory of a program: after a restart people are led through the issuer again.
package actor MemorySessions: SessionStore {
    private var sessions: [String: PageSession] = [:]
    private var messages: [String: String] = [:]
    private var names = RecentNames(life: PageSessions.memory)

    package init() {}

    /// How many there are.
    var count: Int { sessions.count }

    package func add(_ session: PageSession) { sessions[session.id] = session }

    package func session(_ id: String) -> PageSession? {
        var session = sessions[id]
        session?.hasMessage = messages[id] != nil
        return session
    }

    package func present(of ids: Set<String>) -> Set<String> { ids.filter { sessions[$0] != nil } }

    package func leave(_ message: String, for id: String) {
        if sessions[id] != nil { messages[id] = message }
    }

    package func takeMessage(for id: String) -> String? { messages.removeValue(forKey: id) }

    package func see(_ id: String, at time: Timestamp) {
        guard let session = sessions[id] else { return }
        sessions[id]?.lastSeen = max(session.lastSeen, time)
    }

    package func renew(_ id: String, _ person: PagePerson, idToken: String?, at time: Timestamp) -> Bool {
        guard let session = sessions[id], session.person.subject.hasBytes(of: person.subject) else { return false }
        sessions[id]?.person = person
        sessions[id]?.idToken = idToken
        sessions[id]?.verified = time
        sessions[id]?.renewalFailed = nil
        return true
    }

    package func noteFailedRenewal(_ id: String, at time: Timestamp) { sessions[id]?.renewalFailed = time }

    package func remove(_ id: String) -> Bool {
        messages[id] = nil
        return sessions.removeValue(forKey: id) != nil
    }

    package func remove(ofSubject subject: String?, issuerSession: String?) -> [String] {
        remove { session in
            let isOfSubject = subject.map { session.person.subject.hasBytes(of: $0) } ?? true
            let isOfSession = issuerSession.map { session.person.issuerSession?.hasBytes(of: $0) == true } ?? true
            return isOfSubject && isOfSession
        }
    }

    package func remove(begunBy began: Timestamp, orSeenBy seen: Timestamp) -> [String] {
        remove { $0.started <= began || $0.lastSeen <= seen }
    }

    package func remove(beyond most: Int, besides newest: String) -> [String] {
        guard sessions.count > most else { return [] }
        let quiet = sessions.values.filter { $0.id != newest }.sorted { $0.lastSeen < $1.lastSeen }
        let ids = quiet.prefix(sessions.count - most).map(\.id)
        for id in ids { _ = remove(id) }
        return ids
    }

    package func note(_ name: String, at time: Timestamp) { names.note(name, now: time) }

    package func noteNew(_ name: String, at time: Timestamp) -> Bool {
        guard names.time(of: name, now: time) == nil else { return false }
        names.note(name, now: time)
        return true
    }

    package func time(of name: String, now: Timestamp) -> Timestamp? { names.time(of: name, now: now) }

    private func remove(where isOver: (PageSession) -> Bool) -> [String] {
        let ids = sessions.values.filter(isOver).map(\.id)
        for id in ids { _ = remove(id) }
        return ids
    }
}
