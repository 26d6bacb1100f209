import Perch
public import ServiceKit

extension Setting where Value == Int {
    /// `PASSWORD_COST`: log2 of scrypt's N. One more doubles the time and the memory (17: 128 MiB) of every login.
    /// Passwords hashed before keep their cost. Default: 17.
    public static var passwordCost: Setting { .number("PASSWORD_COST", in: 10...20, default: 17) }
}
