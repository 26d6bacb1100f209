/// The first word of an error reply, by which Redis tells what kind of error it is.
///
/// Matches an error in a `catch`: `catch RedisErrorPrefix.noGroup { … }`.
/// See <https://redis.io/docs/latest/develop/reference/protocol-spec/#simple-errors>.
public struct RedisErrorPrefix: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// The word as Redis writes it.
    public let rawValue: String

    /// A word that has no constant here.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// `ERR`: anything that has no word of its own.
    public static let error = Self(rawValue: "ERR")
    /// `NOGROUP`: the stream or its consumer group is gone.
    public static let noGroup = Self(rawValue: "NOGROUP")
    /// `BUSYGROUP`: the consumer group to be made is there.
    public static let busyGroup = Self(rawValue: "BUSYGROUP")
    /// `UNBLOCKED`: a blocked read was ended, by `CLIENT UNBLOCK` or because the server became a replica.
    public static let unblocked = Self(rawValue: "UNBLOCKED")
    /// `EXECABORT`: nothing of the MULTI was done; an earlier reply says which command was refused and why.
    public static let execAbort = Self(rawValue: "EXECABORT")
    /// `OOM`: `maxmemory` is reached and nothing may be evicted.
    public static let outOfMemory = Self(rawValue: "OOM")
    /// `LOADING`: the server is reading its data after a start.
    public static let loading = Self(rawValue: "LOADING")
    /// `READONLY`: the server is a replica.
    public static let readOnly = Self(rawValue: "READONLY")
    /// `MISCONF`: the server cannot persist, and so refuses writes.
    public static let misconfigured = Self(rawValue: "MISCONF")
    /// `BUSY`: a script runs too long.
    public static let busy = Self(rawValue: "BUSY")
    /// `NOAUTH`: the server wants a password and got none.
    public static let noAuth = Self(rawValue: "NOAUTH")
    /// `WRONGPASS`: user or password is wrong, or the user is disabled.
    public static let wrongPassword = Self(rawValue: "WRONGPASS")
    /// `NOPERM`: the user's ACL forbids the command, the key or the channel.
    public static let noPermission = Self(rawValue: "NOPERM")
    /// `MOVED`: another node of the cluster has the key.
    public static let moved = Self(rawValue: "MOVED")
    /// `ASK`: another node of the cluster is just taking the key over.
    public static let ask = Self(rawValue: "ASK")
    /// `CROSSSLOT`: the keys of one command lie in different slots of the cluster.
    public static let crossSlot = Self(rawValue: "CROSSSLOT")
    /// `TRYAGAIN`: the keys of one command are just being moved between nodes.
    public static let tryAgain = Self(rawValue: "TRYAGAIN")
    /// `CLUSTERDOWN`: the cluster does not serve the slot now.
    public static let clusterDown = Self(rawValue: "CLUSTERDOWN")
    /// `WRONGTYPE`: the key holds another type of value.
    public static let wrongType = Self(rawValue: "WRONGTYPE")
    /// `MASTERDOWN`: a replica without its master, which may not serve old data.
    public static let masterDown = Self(rawValue: "MASTERDOWN")
    /// `NOREPLICAS`: fewer replicas than `min-replicas-to-write` are connected.
    public static let noReplicas = Self(rawValue: "NOREPLICAS")

    /// The word.
    public var description: String { rawValue }

    /// Whether this answer means that the server cannot serve this client: it became a replica, lost its replicas or its master, is still
    /// reading its data, or is not the node that has the key. Such a server keeps connections open and repeats the error. So this answer
    /// ends the connection, and the next one may lead to a server that does serve. To a node of a cluster (`redis+cluster://`) `MOVED` and
    /// `CLUSTERDOWN` are about one slot, and end nothing: see `RedisError.Code.redirected`.
    public var endsConnection: Bool {
        switch self {
        case .readOnly, .noReplicas, .masterDown, .loading, .moved, .clusterDown: true
        default: false
        }
    }

    /// Whether the same command may succeed later without anybody changing it.
    var isPassing: Bool {
        switch self {
        case .unblocked, .outOfMemory, .loading, .readOnly, .misconfigured, .busy, .tryAgain, .clusterDown,
            .masterDown, .noReplicas:
            true
        default:
            false
        }
    }

    /// The word before the first space, if it looks like a code: capitals, digits and underscores.
    init?(ofMessage message: String) {
        let word = message.prefix { $0 != " " }
        let isCode = word.utf8.allSatisfy {
            ($0 >= UInt8(ascii: "A") && $0 <= UInt8(ascii: "Z")) || ($0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9"))
                || $0 == UInt8(ascii: "_")
        }
        guard !word.isEmpty, isCode else { return nil }
        rawValue = String(word)
    }
}

/// True when the error is a `RedisError` with this prefix; lets `catch` and `case` match it.
public func ~= (prefix: RedisErrorPrefix, error: any Error) -> Bool {
    (error as? RedisError)?.prefix == prefix
}
