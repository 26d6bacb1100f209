import HTTPKit
package import OpenSSL
import Synchronization

/// What answers in the place of an issuer, and counts how often it is asked.
package final class FakeIssuer: Sendable {
    private struct State {
        var keys: [String: Ed25519.PrivateKey]
        var isDown = false
        var answer: [UInt8]?
        var fetches = 0
        var isHolding = false
        var held: [CheckedContinuation<Void, Never>] = []
    }

    struct Down: Error {}

    private let state: Mutex<State>

    package init(keys: [String: Ed25519.PrivateKey]) { state = Mutex(State(keys: keys)) }

    package var fetches: Int { state.withLock(\.fetches) }
    package func add(_ key: Ed25519.PrivateKey, id: String) { state.withLock { $0.keys[id] = key } }
    package func isDown(_ isDown: Bool) { state.withLock { $0.isDown = isDown } }
    package func answer(_ text: String?) { state.withLock { $0.answer = text.map { Array($0.utf8) } } }

    /// From now on no answer comes before `release`.
    package func hold() { state.withLock { $0.isHolding = true } }
    package func release() {
        let held = state.withLock { state in
            state.isHolding = false
            defer { state.held = [] }
            return state.held
        }
        for continuation in held { continuation.resume() }
    }

    package func fetch() async throws -> [UInt8] {
        state.withLock { $0.fetches += 1 }
        await withCheckedContinuation { continuation in
            let isHeld = state.withLock { state in
                if state.isHolding { state.held.append(continuation) }
                return state.isHolding
            }
            if !isHeld { continuation.resume() }
        }
        return try state.withLock { state in
            guard !state.isDown else { throw Down() }
            if let answer = state.answer { return answer }
            let keys = state.keys.map {
                JSONWebKey(id: $0.key, publicKey: $0.value.publicKey.bytes)
            }
            return try JSONWebKeySet(keys: keys).json
        }
    }
}
