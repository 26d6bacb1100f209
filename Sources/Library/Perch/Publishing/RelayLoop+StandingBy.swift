import Logging

/// Of the relays of the same topics one is active, and the others stand by: for the work that it saves, and for nothing else.
extension RelayLoop {
    /// Waits until it is the active relay or is told to stop; it is well meanwhile.
    ///
    /// - Returns: False if its connection was lost.
    func standBy(insteadOf action: RelayAction) throws -> Bool {
        logger.info("another relay is active; this one stands by", metadata: served)
        RelayMetrics.isActive(false, owner: topics.first?.owner)
        do {
            while !world.isToldToStop {
                progress.mark()
                pause(.seconds(1))
                guard let waitingTables, try leads(waitingTables) else { continue }
                logger.info("this relay is active now", metadata: served)
                return true
            }
            return true
        } catch {
            waitingTables = nil
            try failed(action, error)
            return false
        }
    }

    private var served: Logger.Metadata {
        Logger.Metadata([.owner: "\(topics.first?.owner ?? "")", .topics: .names(topics.map(\.name.rawValue))])
    }

    /// What publishes in this process wakes it, and is none of its business now.
    private func pause(_ time: Duration) {
        let end = world.now + time
        while !world.isToldToStop {
            let rest = end - world.now
            guard rest > .zero else { return }
            world.beginLooking()
            world.wait(atMost: rest)
        }
    }

    /// Whatever is wrong with it is not the fault of the partition at hand.
    func leads(_ tables: Tables) throws -> Bool {
        do { return try tables.lead() } catch {
            guard let failure = Tables.failure(of: error), failure.kind == .troubled else { throw error }
            throw ServerFailure(.lost, failure.cause)
        }
    }
}

/// This relay has nothing to do as long as another one is active.
struct AnotherRelayIsActive: Error {}
