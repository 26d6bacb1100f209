import Executors

/// The sentinels of a URL, and the master that they are asked for. Shared by all copies of a configuration.
final class Sentinels: Sendable {
    /// What one of them knows.
    enum Answer {
        case master(RedisConfiguration.Endpoint)
        /// It watches no master of that name.
        case unknown
    }

    /// The name by which they know the master.
    let master: String
    /// Each as the server that it is, with the user and password that it wants.
    let places: [RedisConfiguration]
    private let memory = PlaceMemory<Int>()

    init(of master: String, at places: [RedisConfiguration]) {
        self.master = master
        self.places = places
    }

    /// In which order they are to be asked: the one that was right last first, the one that was away or wrong last.
    var order: [Int] { memory.order(Array(places.indices)) }

    func note(_ index: Int, wasRight: Bool) {
        if wasRight { memory.noteGood(index) } else { memory.noteBad(index) }
    }

    /// Asks one of them: its answer is not waited for longer than connecting may take.
    func ask(_ index: Int, as configuration: RedisConfiguration) -> Result<Answer, RedisError> {
        var place = places[index]
        place.connectTimeout = configuration.connectTimeout
        place.replyTimeout = min(configuration.connectTimeout, configuration.replyTimeout)
        place.clientName = configuration.clientName
        do {
            let connection = try RedisConnection(place)
            let question = RedisCommand("SENTINEL GET-MASTER-ADDR-BY-NAME", master)
            return .success(try connection.execute(question, Self.answer))
        } catch let error as RedisError {
            return .failure(error)
        } catch {
            return .failure(RedisError(.unexpectedReply, "\(error)"))
        }
    }

    private static func answer(_ reply: borrowing RedisReply) throws -> Answer {
        if reply.isNull { return .unknown }
        let host = try reply.withElement(0) { try $0.string() }
        let port = try reply.withElement(1) { try $0.string() }
        guard !host.isEmpty, host.utf8.count <= 255, host.allSatisfy({ isNameCharacter($0) || ":%".contains($0) }),
            let number = UInt16(port), number > 0
        else { throw RedisError(.unexpectedReply, "its answer is no address") }
        return .master(.tcp(host: host, port: Int(number)))
    }
}
