import Foundation
import Perch
import Postgres
import Redis

/// Streams that are made once, in a database of Redis of their own, and copied for each run.
final class StreamTemplates {
    private let redis: RedisConnection
    private var made: Set<String> = []
    /// Past: workers handle no entry that is ahead of the clock.
    private static let milliseconds: Int64 = 1_700_000_000_000

    init(_ redis: RedisConnection) { self.redis = redis }

    /// The id of the entry at a position of one partition.
    static func entryID(_ position: Int) -> String { "\(milliseconds)-\(position)" }

    /// Fills the streams of database 0.
    func copy(entries: Int, partitions: Int, isHot: Bool) throws {
        let name = "\(entries):\(partitions):\(isHot)"
        if made.insert(name).inserted { try fill(name, entries, partitions, isHot) }
        for partition in 0..<partitions {
            try redis.execute(RedisCommand("COPY", "\(name):\(partition)", "\(Posted.topic):\(partition)", "DB", "0"))
        }
    }

    private func fill(_ name: String, _ entries: Int, _ partitions: Int, _ isHot: Bool) throws {
        let contract = Contract.bench(partitions: partitions).topics[0]
        var positions = [Int](repeating: 0, count: partitions)
        for number in 0..<entries {
            let event = Posted(number: number)
            // Hot: a thousand in turn to each partition, so that every partition is about every account.
            let partition =
                isHot ? number / 1000 % partitions : contract.partition(of: event.key).number.rawValue
            positions[partition] += 1
            var command = RedisCommand("XADD", "\(name):\(partition)", Self.entryID(positions[partition]))
            let time = Timestamp(milliseconds: Self.milliseconds).description
            for field in [
                "specversion", "1.0", "id", UUID.v7().text, "source", "bench", "type", Posted.type.rawValue, "subject",
                event.key, "time", time, "dataschema", "\(Posted.type)/1",
            ] { command.append(field) }
            command.append("data")
            command.append(try EventCoding.encode(event))
            try redis.send(command)
            if number % 1000 == 999 { try redis.receiveOutstanding() }
        }
        try redis.receiveOutstanding()
    }
}
