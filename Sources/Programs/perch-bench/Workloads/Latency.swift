import Histogram
import Perch
import Postgres

extension Workload {
    /// From the producer's COMMIT to the consumer's COMMIT. The producer is an open loop: an event is published when it is
    /// due, however long the one before it takes.
    static func latency(isQuick: Bool) -> [Workload] {
        [(200.0, isQuick ? 2 : 15), (1000.0, 10)].map { rate, seconds in
            Workload(
                section: .latency,
                name: "\(Int(rate)) events a second",
                options: SideOptions(.latency) {
                    $0.rate = rate
                    $0.events = Int(rate) * seconds
                },
                isQuick: rate == 200
            )
        }
    }
}

/// Reads how long each event took by the times that Postgres gave its two commits.
enum CommitTimes {
    /// - Returns: Milliseconds at the 50th, 99th and 99.9th percentile, without the first half second.
    static func latency(database url: String) throws -> [Double] {
        let connection = try PostgresConnection(try PostgresConfiguration(url: url))
        let microseconds = try connection.query(
            """
            WITH times AS (
                SELECT pg_xact_commit_timestamp(r.xmin) AS published, pg_xact_commit_timestamp(l.xmin) AS handled
                FROM requests r JOIN ledger l USING (event_id)
            )
            SELECT (extract(epoch FROM handled - published) * 1000000)::bigint AS microseconds FROM times
            WHERE published > (SELECT min(published) FROM times) + interval '0.5 s'
            """
        ) { try $0.decode("microseconds", as: Int64.self) }
        // Up to a minute, to the thousandth part.
        var histogram = Histogram<UInt64>(highestTrackableValue: 60_000_000, numberOfSignificantValueDigits: .three)
        for value in microseconds { _ = histogram.record(UInt64(max(value, 0))) }
        return [50, 99, 99.9].map { Double(histogram.valueAtPercentile($0)) / 1000 }
    }
}
