import Synchronization

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The connections of a `MovingAddress`, and the thread that carries their bytes.
final class AddressTraffic: Sendable {
    private struct State: ~Copyable {
        var pairs: [AddressPair] = []
        var target: Int
        var isSilent = false
        var hasEnded = false
        /// Raised by each change from outside: what was found of sockets before it says nothing about those of now.
        var turn = 0
    }

    private let listener: Int32
    /// What the thread waits for besides the sockets, and the other end of it.
    private let wake: Int32
    private let waker: Int32
    private let state: Mutex<State>

    /// Takes the descriptors over.
    init(listener: Int32, wake: Int32, waker: Int32, target: Int) {
        self.listener = listener
        self.wake = wake
        self.waker = waker
        state = Mutex(State(target: target))
    }

    static func listen(_ descriptor: Int32) -> Bool {
        #if canImport(Darwin)
            let isListening = Darwin.listen(descriptor, 128) == 0
        #elseif canImport(Glibc)
            let isListening = Glibc.listen(descriptor, 128) == 0
        #else
            let isListening = Musl.listen(descriptor, 128) == 0
        #endif
        return isListening && setNonblocking(descriptor)
    }

    static func setNonblocking(_ descriptor: Int32) -> Bool {
        fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK) == 0
    }

    var count: Int { state.withLock { $0.pairs.count } }

    func move(to target: Int, cutting: Bool) {
        change { state in
            state.target = target
            if cutting { Self.closeAll(&state) }
        }
    }

    func cut() {
        change { state in Self.closeAll(&state) }
    }

    func setSilent(_ isSilent: Bool) {
        change { state in state.isSilent = isSilent }
    }

    func end() {
        change { state in
            Self.closeAll(&state)
            state.hasEnded = true
        }
    }

    private func change(_ body: (inout State) -> Void) {
        state.withLock { state in
            body(&state)
            state.turn += 1
            // Within the lock: the thread closes this descriptor as soon as it has seen the end.
            #if canImport(Darwin)
                send(waker, "\n", 1, 0)
            #else
                send(waker, "\n", 1, Int32(MSG_NOSIGNAL))
            #endif
        }
    }

    private static func closeAll(_ state: inout State) {
        for pair in state.pairs { pair.close() }
        state.pairs = []
    }

    // MARK: The thread

    /// Carries bytes until the address is given up.
    func run() {
        while step() {}
        for descriptor in [listener, wake, waker] { close(descriptor) }
    }

    /// One wait, and what there is to do after it; false when all is over.
    private func step() -> Bool {
        var (turn, descriptors) = state.withLock { state in
            var descriptors = [pollfd(fd: wake, events: Int16(POLLIN), revents: 0)]
            if !state.isSilent {
                descriptors.append(pollfd(fd: listener, events: Int16(POLLIN), revents: 0))
                for pair in state.pairs { descriptors += pair.awaited }
            }
            return (state.turn, descriptors)
        }
        poll(&descriptors, .init(descriptors.count), -1)
        return state.withLock { state in
            if descriptors[0].revents != 0 {
                var bytes = [UInt8](repeating: 0, count: 64)
                recv(wake, &bytes, bytes.count, 0)
            }
            guard !state.hasEnded else { return false }
            guard state.turn == turn, descriptors.count > 1 else { return true }
            var index = 2
            for pair in state.pairs {
                pair.carry(descriptors[index].revents, descriptors[index + 1].revents)
                index += 2
            }
            state.pairs.removeAll { $0.isOver }
            if descriptors[1].revents != 0, let pair = AddressPair(acceptedBy: listener, to: state.target) {
                state.pairs.append(pair)
            }
            return true
        }
    }
}
