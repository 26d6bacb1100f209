package import PerchOperating

/// What is said of a server that did not give what was asked of it, and what to do about it.
package enum ServerProblemWords {
    /// What happened, in one line; what to do.
    package static func of(_ problem: ServerProblem) -> (message: String, advice: String) {
        problem.service.map { postgres(problem, of: $0) } ?? redis(problem)
    }

    private static func redis(_ problem: ServerProblem) -> (message: String, advice: String) {
        let (address, reason) = (problem.address ?? "Redis", problem.reason ?? "it does not say why")
        return switch problem.kind {
        case .notConfigured:
            (
                "its address is not known",
                "Set REDIS_URL, or --redis URL, or redis: in a context of the config file"
            )
        case .wrongPassword:
            (
                "\(address) does not let us in: \(reason)",
                "Correct user and password of REDIS_URL (redis://USER:PASSWORD@HOST:PORT)"
            )
        case .notPermitted:
            (
                "the user \(problem.user ?? "default") may not do that: \(reason)",
                "Use a user with that right, such as operator of ops/redis/users.acl"
            )
        case .unreachable where problem.isSilent:
            (
                "\(address) does not answer: \(reason)",
                "It may be overloaded, frozen or cut off: look at the server"
            )
        case .unreachable: (reason, "Start it, or correct REDIS_URL")
        default: (reason, "See the server's log")
        }
    }

    private static func postgres(_ problem: ServerProblem, of service: String) -> (message: String, advice: String) {
        let (address, reason) = (problem.address ?? "its database", problem.reason ?? "it does not say why")
        let setting = ServerProblem.variable(of: service)
        return switch problem.kind {
        case .notConfigured:
            (
                "the address of its database is not known",
                "Set \(setting), or --database \(service)=URL, or databases: in a context of the config file"
            )
        case .wrongPassword:
            ("\(address) does not let us in: \(reason)", "Correct user and password of \(setting)")
        case .unreachable: ("\(address): \(reason)", "Start it, or correct \(setting)")
        case .notMigrated:
            (
                "\(address) lacks what this version of perch needs: \(reason)",
                "Run the migrations of \(service) (those of Perch: `perch migrate \(service)`), or correct \(setting)"
            )
        case .notPermitted:
            ("\(address): \(reason)", "Use a role with that right, such as the service's own, in \(setting)")
        default: (reason, "See the server's log")
        }
    }
}
