import Foundation

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// An installed program, found once by its name.
package struct Program {
    let path: String

    /// Looks in PATH, then in the folders given.
    /// - Throws: an error that names the Debian package which brings the program.
    init(_ name: String, package: String, alsoIn folders: [String] = []) throws(LocalServerError) {
        let searched = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
        let places = searched + ["/usr/local/bin", "/usr/bin", "/usr/sbin", "/bin"] + folders
        guard let found = places.map({ "\($0)/\(name)" }).first(where: FileManager.default.isExecutableFile) else {
            throw LocalServerError(
                .missingProgram,
                "The program \(name) is not installed (looked in \(places.joined(separator: ", "))). "
                    + "On Debian and Ubuntu: apt-get install \(package)"
            )
        }
        path = found
    }

    var folder: String { (path as NSString).deletingLastPathComponent }

    /// Runs to the end.
    /// - Returns: what it wrote to its standard output, without the last line break.
    /// - Throws: when it ends with another status than 0; the text holds what it wrote to its standard error.
    package static func run(
        _ arguments: [String],
        environment: [String: String] = [:]
    ) throws(LocalServerError) -> String {
        // Files and not pipes: a program that fills one pipe while the other is read would hang.
        let output = try scratchFile()
        defer { close(output) }
        let errors = try scratchFile()
        defer { close(errors) }
        let pid = try spawn(
            arguments,
            environment: baseEnvironment.merging(environment) { $1 },
            descriptors: [0: nil, 1: output, 2: errors]
        )
        var status: Int32 = 0
        while waitpid(pid, &status, 0) == -1 && errno == EINTR {}
        let text = contents(of: output)
        guard status == 0 else {
            let name = (arguments.first { !$0.hasPrefix("-") } as NSString?)?.lastPathComponent ?? ""
            let said = [contents(of: errors), text].filter { !$0.isEmpty }.joined(separator: "\n")
            throw LocalServerError(.commandFailed, "\(name) failed: \(said)")
        }
        return text
    }

    /// A known environment: a PGHOST or a locale of the user's shell must not change what the servers do.
    static let baseEnvironment: [String: String] = {
        let own = ProcessInfo.processInfo.environment
        return ["PATH": own["PATH"] ?? "/usr/bin:/bin", "LC_ALL": "C", "HOME": own["HOME"] ?? "/"]
    }()
}

private func scratchFile() throws(LocalServerError) -> Int32 {
    var template = Array("\(temporaryPlace())/perch-output-XXXXXX".utf8CString)
    let descriptor = mkstemp(&template)
    guard descriptor >= 0 else { throw LocalServerError(.folder, "Cannot make a temporary file: \(reason(errno)).") }
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    unlink(template)
    return descriptor
}

private func contents(of descriptor: Int32) -> String {
    lseek(descriptor, 0, SEEK_SET)
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
        let count = read(descriptor, &buffer, buffer.count)
        if count <= 0 { break }
        bytes += buffer[..<count]
    }
    if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
    return String(decoding: bytes, as: UTF8.self)
}
