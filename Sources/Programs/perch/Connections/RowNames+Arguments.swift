import ArgumentParser
import PerchDocuments

extension FailedID: ExpressibleByArgument {
    package init?(argument: String) { self.init(argument) }
}

extension ServiceRowID: ExpressibleByArgument {
    package init?(argument: String) { self.init(argument) }
}
