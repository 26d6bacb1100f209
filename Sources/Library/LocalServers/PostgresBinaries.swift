import Foundation

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The installed Postgres programs of one version, and the user they run as.
struct PostgresBinaries {
    private let folder: String
    private let psqlProgram: Program
    private let dumpProgram: Program
    /// The user and group that root's servers become; nil when this process is not root.
    private let user: (uid: uid_t, gid: gid_t)?
    private let setpriv: Program?

    /// PATH first, then Debian's folders, the highest version of them.
    init() throws(LocalServerError) {
        let folders = Self.folders
        folder = try Program("initdb", package: "postgresql", alsoIn: folders).folder
        psqlProgram = try Program("psql", package: "postgresql-client", alsoIn: folders)
        dumpProgram = try Program("pg_dump", package: "postgresql-client", alsoIn: folders)
        guard geteuid() == 0 else {
            user = nil
            setpriv = nil
            return
        }
        guard let entry = getpwnam("postgres") else {
            throw LocalServerError(
                .missingProgram,
                "Postgres refuses to run as root, and there is no user postgres to run it as. "
                    + "On Debian and Ubuntu: apt-get install postgresql"
            )
        }
        user = (entry.pointee.pw_uid, entry.pointee.pw_gid)
        setpriv = try Program("setpriv", package: "util-linux")
    }

    private static var folders: [String] {
        let root = "/usr/lib/postgresql"
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        return versions.sorted { (Double($0) ?? 0) > (Double($1) ?? 0) }.map { "\(root)/\($0)/bin" }
    }

    /// Follows the encoding's idea of letters where the system has such a locale without a language.
    #if canImport(Darwin)
        static let locale = "C"
    #else
        static let locale = "C.UTF-8"
    #endif

    var psql: String { psqlProgram.path }
    var dump: String { dumpProgram.path }

    /// The arguments that copy a running cluster, as the user whose the copy is to be.
    func asCopier(_ arguments: [String]) throws(LocalServerError) -> [String] {
        let program = try Program("pg_basebackup", package: "postgresql-client", alsoIn: Self.folders)
        return asUser([program.path] + arguments)
    }

    /// The arguments that run a program of the server under the right user, in the same process.
    func asServer(_ name: String, _ arguments: [String]) -> [String] {
        asUser(["\(folder)/\(name)"] + arguments)
    }

    /// Makes the folder the server's own, and checks that its user can come to it.
    func giveFolder(_ path: String) throws(LocalServerError) {
        try give(path)
        guard user != nil else { return }
        do {
            _ = try Program.run(asUser(["/usr/bin/test", "-w", path]))
        } catch {
            throw LocalServerError(
                .folder,
                "The user postgres cannot reach \(path): one of the folders above it is closed to others. "
                    + "Choose a folder that every user can come to, as one below /var/lib, or open them with chmod o+x."
            )
        }
    }

    /// Makes the file or folder the server's own; only root needs to.
    func give(_ path: String) throws(LocalServerError) {
        guard let user else { return }
        guard chown(path, user.uid, user.gid) == 0 else {
            throw LocalServerError(.folder, "Cannot give \(path) to the user postgres: \(reason(errno)).")
        }
    }

    /// The arguments that run any program as the server's user.
    func asUser(_ arguments: [String]) -> [String] {
        guard let user, let setpriv else { return arguments }
        return [setpriv.path, "--reuid=\(user.uid)", "--regid=\(user.gid)", "--init-groups", "--"] + arguments
    }
}
