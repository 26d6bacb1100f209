package import Redis

/// What operators' tools ask of Redis: the streams of any partition, on one server or on the nodes of a cluster, in typed commands and
/// typed answers.
///
/// Each call blocks its thread. A call throws `RedisError`, unless it says that a stream's own trouble is part of its answer. After an error
/// answers may be on their way that nobody reads: make another one, see `isUsable`. In a cluster a node that is away fails what is asked
/// of its own streams, as `.redirected`. Not `Sendable`: it belongs to one thread.
package struct OperatorStreams {
    let channel: any RedisChannel
    let naming: StreamNaming

    /// Connects to the server, or to a cluster.
    package init(_ configuration: RedisConfiguration, naming: StreamNaming) throws(RedisError) {
        channel = try configuration.channel()
        self.naming = naming
    }

    /// The connection stands, and all that was asked is answered.
    package var isUsable: Bool { !channel.isDead && channel.outstanding == 0 }
}

/// What Redis answers about one stream among several that were asked about at once.
package enum StreamAnswer<Value> {
    case told(Value)
    /// There is no such stream.
    case missing
    /// Redis refuses to tell of this one: the key holds another type, the user has no right to it, its node is away. The reason is as
    /// Redis wrote it.
    case troubled(reason: String)

    /// What was told; nil: nothing was.
    package var value: Value? {
        if case .told(let value) = self { value } else { nil }
    }
}

extension OperatorStreams {
    /// The oldest answer that is on its way.
    ///
    /// - Throws: What concerns the whole server.
    func receive<Value>(_ body: (borrowing RedisReply) throws -> Value) throws -> StreamAnswer<Value> {
        do {
            return .told(try channel.receive(body))
        } catch let error as RedisError where error.isMissingKey {
            return .missing
        } catch let error as RedisError where !error.concernsServer {
            return .troubled(reason: error.message)
        }
    }
}

extension RedisReply {
    /// The id of an entry `[id, fields]`; nil where there is none.
    var entryID: EntryID? {
        get throws {
            guard kind == .array, try count > 0 else { return nil }
            return EntryID(clamping: try withElement(0) { try $0.string() })
        }
    }

    /// The id of the first entry of a list; nil where it is empty.
    var firstEntryID: EntryID? {
        get throws { try count > 0 ? try withElement(0) { try $0.entryID } : nil }
    }
}
