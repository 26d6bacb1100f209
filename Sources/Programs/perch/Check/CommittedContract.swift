import Foundation
import Perch

/// The contract that is to be replaced: a folder, or what git has of the present one at a revision.
enum CommittedContract {
    /// The contract and what to call it.
    case found(Contract, name: String)
    /// There is nothing to compare with, and nobody asked for something that is not there.
    case nothing(reason: String)
    case unreadable([ContractProblem])

    /// - Parameters:
    ///   - against: a folder or a git revision; nil is HEAD where there is one.
    ///   - current: the folder of the present contract.
    static func load(_ against: String?, current: String) -> CommittedContract {
        var isDirectory: ObjCBool = false
        if let against, FileManager.default.fileExists(atPath: against, isDirectory: &isDirectory),
            isDirectory.boolValue
        {
            do {
                return .found(try Contract.load(directory: against), name: against)
            } catch {
                return .unreadable(error.problems)
            }
        }
        return atRevision(against, of: current)
    }

    private static func atRevision(_ asked: String?, of folder: String) -> CommittedContract {
        let revision = asked ?? "HEAD"
        let git = Git(folder: folder)
        func missing(_ reason: String) -> CommittedContract {
            guard let asked else { return .nothing(reason: reason) }
            let message = "expected a folder or a git revision to compare with; \(reason)"
            return .unreadable([ContractProblem(file: asked, message: message)])
        }
        do {
            guard try git.isInCheckout() else { return missing("\(folder) is not in a git checkout") }
            guard try git.knows(commit: revision) else { return missing("git knows no commit `\(revision)`") }
            let names = try git.output("ls-tree", "--name-only", "-z", revision)
                .split(separator: 0)
                .map { String(decoding: $0, as: UTF8.self) }
                .filter { $0.hasSuffix(".yaml") && !$0.hasPrefix(".") }
            guard !names.isEmpty else {
                return .nothing(reason: "there is no contract in \(folder) at \(revision) yet")
            }
            var files: [ContractFile] = []
            for name in names {
                let bytes = try git.output("show", "\(revision):./\(name)")
                let topic = TopicName(rawValue: String(name.dropLast(".yaml".count)))
                let text = String(decoding: bytes, as: UTF8.self)
                files.append(ContractFile(topic: topic, name: "\(revision):\(name)", text: text))
            }
            // What is committed may contradict itself and be mended by this change.
            return .found(try Contract.load(files: files, isChecked: false), name: revision)
        } catch Git.Failure.notInstalled {
            return missing("git is not installed")
        } catch let error as ContractError {
            return .unreadable(error.problems)
        } catch {
            return .unreadable([ContractProblem(file: revision, message: "cannot be read from git: \(error)")])
        }
    }
}
