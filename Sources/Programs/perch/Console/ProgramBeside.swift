import Foundation

/// Another program that is installed beside this one.
enum ProgramBeside {
    /// Where this program is, as it was called and as it is: it may have been called by a link. Each once.
    static func folders(
        called: String = CommandLine.arguments.first ?? "",
        executable: String? = Bundle.main.executablePath
    ) -> [String] {
        let paths = [called.contains("/") ? called : nil, executable].compactMap(\.self)
        return paths.flatMap { path -> [URL] in
            let url = URL(fileURLWithPath: path).standardizedFileURL
            return [url, url.resolvingSymlinksInPath()]
        }
        .map { $0.deletingLastPathComponent().path }
        .reduce(into: []) { known, folder in
            if !known.contains(folder) { known.append(folder) }
        }
    }

    /// The first folder's that has it.
    static func path(of name: String, in folders: [String]) -> String? {
        folders.map { "\($0)/\(name)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// Goes on as that program.
    ///
    /// - Returns: Only where that cannot be: why.
    static func become(_ path: String, _ arguments: [String]) -> String {
        let words = ([path] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        execv(path, words)
        return String(cString: strerror(errno))
    }
}
