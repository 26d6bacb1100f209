import PerchOperating

/// What was asked of the servers a moment ago: whoever asks the same is given the same answer, so that many who look at a page at a time
/// cost the servers what one costs.
///
/// An answer depends on its question alone, and on nobody's rights: what a viewer may not see is taken out afterwards, for each of them.
actor SharedLooks {
    private struct Look {
        let number: Int
        let begunAt: ContinuousClock.Instant
        let answer: Task<any Sendable, any Error>
        /// Those who wait for it.
        var askers: Set<Int> = []
        var isDone = false
    }

    /// More are not kept: whoever asks then asks for themselves.
    private static let most = 200

    private let life: Duration
    private var looks: [AnyHashable: Look] = [:]
    private var lastNumber = 0

    /// - Parameter life: For how long after its beginning a look is given to others; one that still runs, until its end.
    init(life: Duration) { self.life = life }

    /// Asks, or gives what somebody is given who has asked the same.
    ///
    /// - Parameters:
    ///   - question: All that the answer depends on.
    ///   - ask: Is cancelled where all have left who wait for it.
    /// - Throws: What it throws; the next who asks is not given that.
    func answer<Value: Sendable>(
        to question: some Hashable & Sendable,
        _ ask: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        forgetOld()
        let key = AnyHashable(question)
        guard looks[key] != nil || life > .zero && looks.count < Self.most else { return try await ask() }
        let look = looks[key] ?? Look(number: nextNumber(), begunAt: .now, answer: Task { try await ask() })
        let asker = nextNumber()
        looks[key, default: look].askers.insert(asker)
        let answer = try await withTaskCancellationHandler {
            do {
                let answer = try await look.answer.value
                change(look.number, of: key) { $0.isDone = true }
                return answer
            } catch {
                if looks[key]?.number == look.number { looks[key] = nil }
                throw error
            }
        } onCancel: {
            Task { [number = look.number] in await self.leave(asker, number) }
        }
        change(look.number, of: key) { $0.askers.remove(asker) }
        // A question has answers of one type.
        guard let answer = answer as? Value else { return try await ask() }
        return answer
    }

    /// How many wait for an answer.
    var askers: Int { looks.values.reduce(0) { $0 + $1.askers.count } }

    /// Something was changed: whoever asks from here on is given what is so afterwards.
    func forget() { looks = [:] }

    private func leave(_ asker: Int, _ number: Int) {
        guard let key = looks.first(where: { $0.value.number == number })?.key else { return }
        change(number, of: key) { $0.askers.remove(asker) }
        guard let look = looks[key], look.askers.isEmpty, !look.isDone else { return }
        look.answer.cancel()
        looks[key] = nil
    }

    private func change(_ number: Int, of key: AnyHashable, _ body: (inout Look) -> Void) {
        guard var look = looks[key], look.number == number else { return }
        body(&look)
        looks[key] = look
    }

    private func forgetOld() {
        let now = ContinuousClock.now
        looks = looks.filter { !$0.value.isDone || now - $0.value.begunAt < life }
    }

    private func nextNumber() -> Int {
        lastNumber += 1
        return lastNumber
    }
}

extension Visit {
    /// Asks the servers for what a page shows, together with all who ask the same at the moment. Each is shown what they may see of it.
    ///
    /// - Parameter question: All that the answer depends on. A type of its own for each kind of question.
    func look<Value: Maskable>(
        for question: some Hashable & Sendable,
        _ ask: @escaping @Sendable (OperatedSystem) async throws -> Value
    ) async throws -> Value {
        shown(
            try await parts.looks.answer(to: question) { [readers = parts.readers] in
                try await readers.ask(ask)
            }
        )
    }
}
