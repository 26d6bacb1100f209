/// The passwords that are tried first, of 8 characters and more, in lowercase. What is shorter is refused anyway, and so is
/// one character again and again.
enum CommonPasswords {
    static let all: Set<String> = [
        "12345678", "123456789", "1234567890", "12345678910", "123123123", "12341234", "12344321", "11223344",
        "1122334455", "123321123", "123454321", "1234554321", "12121212", "123412345", "87654321", "987654321",
        "9876543210", "0123456789", "01234567", "10203040", "1029384756", "1q2w3e4r", "1q2w3e4r5t", "1q2w3e4r5t6y",
        "q1w2e3r4", "q1w2e3r4t5", "1qaz2wsx", "1qaz2wsx3edc", "qazwsxedc", "zaq12wsx", "zaq1zaq1", "qwertyui",
        "qwertyuiop", "qwerty12", "qwerty123", "qwerty1234", "qwerty12345", "qwerty123456", "qwer1234", "qweasdzxc",
        "qweasd123", "qwe123qwe", "asdfghjk", "asdfghjkl", "asdf1234", "asdfasdf", "zxcvbnm1", "zxcvbnm123",
        "azertyuiop",
        "qwertzuiop", "1234qwer", "123qweasd", "123456qwerty", "12345qwert", "a1234567", "a12345678", "a123456789",
        "abcd1234", "abcdefgh", "abcdefghi", "abc12345", "abc123456", "abcd12345", "aa123456", "aa12345678",
        "password", "password1", "password12", "password123", "password1234", "password!", "passw0rd", "p@ssw0rd",
        "p@ssword", "pa$$word", "pa$$w0rd", "passwort", "passwort1", "passwort123", "motdepasse", "contraseña",
        "wachtwoord", "пароль123", "йцукенгш", "iloveyou", "iloveyou1", "iloveyou2", "ichliebedich", "trustno1",
        "sunshine", "sunshine1", "princess", "princess1", "football", "football1", "baseball", "baseball1",
        "basketball", "superman", "superman1", "starwars", "pokemon1", "whatever", "computer", "internet",
        "michelle", "jennifer", "jonathan", "elizabeth", "alexander", "samantha", "michael1", "charlie1", "victoria",
        "liverpool", "arsenal1", "chelsea1", "corvette", "mercedes", "mustang1", "december", "november", "september",
        "welcome1", "welcome12", "welcome123", "welcome2", "changeme", "changeme1", "changeme123", "letmein1",
        "letmein123", "letmeinn", "secret12", "secret123", "default1", "administrator", "admin123", "admin1234",
        "admin12345", "administ", "root1234", "master12", "test1234", "test12345", "testtest", "testing1", "guest123",
        "user1234", "login123", "temp1234", "hello123", "hellohello", "dragon12", "monkey12", "blahblah", "butterfly",
        "chocolate", "cheesecake", "snickers", "spiderman", "metallica", "jordan23", "blink182", "google123",
        "samsung1", "samsung123", "linkedin", "facebook", "facebook1", "zzzzzzzz1", "xxxxxxxx1", "asdasdasd",
        "qweqweqwe", "147258369", "159357258", "741852963", "789456123", "147852369", "159753456", "456789123",
        "1password", "summer2024", "summer2025", "winter2024", "winter2025", "popug123", "popugpopug",
    ]
}
