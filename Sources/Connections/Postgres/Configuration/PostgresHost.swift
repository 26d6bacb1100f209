import CLibPQ
import Executors

/// One server of a configuration, by one address: what is connected to at a time.
struct PostgresHost: Hashable, Sendable, CustomStringConvertible {
    /// As the URL names it, for certificates and password files; nil: what libpq makes of the URL.
    var name: String?
    /// In digits.
    var address: String?
    var port: String?

    /// `db1:5432`, and the address where the name is another.
    var description: String {
        let place = "\(name ?? address ?? "local")\(port.map { ":\($0)" } ?? "")"
        guard let address, let name, address != name else { return place }
        return "\(place) (\(address))"
    }
}

extension PostgresConfiguration {
    /// All servers of the URL by all their addresses, in its order. Taken apart here because libpq tries them one after the
    /// other within one time, which a first one that is silent uses up.
    func hosts() -> [PostgresHost] {
        // A service file names hosts too, and only libpq reads it.
        guard option("service") == nil else { return [PostgresHost()] }
        let names = Self.list(option("host"))
        let addresses = Self.list(option("hostaddr"))
        let ports = Self.list(option("port"))
        let count = max(names.count, addresses.count)
        let fits = [names, addresses].allSatisfy { $0.isEmpty || $0.count == count && !$0.contains("") }
        // What contradicts itself libpq explains better.
        guard count > 0, fits, ports.count <= 1 || ports.count == count else { return [PostgresHost()] }
        return (0..<count).flatMap { index -> [PostgresHost] in
            let name = names.isEmpty ? nil : names[index]
            let port = ports.isEmpty ? nil : ports[ports.count == 1 ? 0 : index]
            let host = PostgresHost(name: name, address: addresses.isEmpty ? nil : addresses[index], port: port)
            guard host.address == nil, let name, !name.hasPrefix("/"), !name.hasPrefix("@") else { return [host] }
            let found = ServerAddress.all(of: name).addresses
            // libpq says what is wrong with a name that nobody knows.
            return found.isEmpty ? [host] : found.map { PostgresHost(name: name, address: $0.digits, port: port) }
        }
    }

    /// What libpq is to ask of a server, in this order of preference over all of them; nil: as the URL has it.
    var sessionAttributes: [String?] {
        // Two rounds of libpq's own, over all hosts.
        option("target_session_attrs") == "prefer-standby" ? ["standby", "any"] : [nil]
    }

    /// Of the URL, else of libpq's environment variables.
    private func option(_ keyword: String) -> String? {
        let value = options[keyword] ?? Self.defaults()[keyword]
        return value?.isEmpty == true ? nil : value
    }

    private static func defaults() -> [String: String] {
        guard let list = PQconndefaults() else { return [:] }
        defer { PQconninfoFree(list) }
        return dictionary(of: list)
    }

    private static func list(_ value: String?) -> [String] {
        value.map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) } ?? []
    }
}
