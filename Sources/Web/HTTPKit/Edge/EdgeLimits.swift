/// What a connection may take.
package struct EdgeLimits: Sendable {
    /// How long a request's body may take, from its head on, before it is answered by 408.
    package var body = Duration.seconds(30)
    /// How long an answer may wait for its reader before the connection is cut.
    package var answer = Duration.seconds(60)
    /// How long a connection without a request may stand, and a head may take.
    package var idle = Duration.seconds(60)
    /// How long answers may take that are under way when the server is told to stop.
    package var drain = Duration.seconds(10)
    /// How long, and how much, is still read of a request that was answered before its end. A client that is cut off while it sends
    /// may never see the answer.
    package var linger = Duration.seconds(2)
    package var lingerBytes = 1024 * 1024
    /// How many connections there may be at a time. Further ones wait in the system's own line.
    package var connections = 4096

    package init() {}
}
