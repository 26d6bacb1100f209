import Perch
public import ServiceKit

extension Setting where Value == Int {
    /// `PASSWORD_COST`: log2 of scrypt's N. One more doubles the time and the memory (17: 128 MiB) of every login.
    /// Passwords hashed before keep their cost. Default: 17.
    public static var passwordCost: Setting { .number("PASSWORD_COST", in: 10...20, default: 17) }
}

extension Setting where Value == OpenIDClients {
    /// `AUTH_CLIENTS`: the file of the programs that people log in to by auth, in YAML or JSON. Without it there are none.
    public static var authClients: Setting {
        Setting("AUTH_CLIENTS", expects: "a file of clients, in YAML or JSON") { try OpenIDClients(file: $0) }
    }
}
