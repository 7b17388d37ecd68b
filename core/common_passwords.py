"""Passwords that are tried first by whoever guesses. Kept in lower case; only those of ten characters and more matter,
because shorter ones are refused for their length."""

COMMON_PASSWORDS = frozenset("""
1234567890 12345678910 123456789a 0123456789 0987654321 1111111111 0000000000 1212121212 1234512345 1234554321
1122334455 9876543210 9999999999 8888888888 7777777777 6666666666 5555555555 2222222222 3333333333 4444444444
123123123123 123456123456 123456789123 1234567890a a123456789 a1234567890 abc1234567 abcd123456 abcde12345 abcdef1234
abcdefghij abcdefghijk abcdefghijkl aaaaaaaaaa 1q2w3e4r5t 1q2w3e4r5t6y 1qaz2wsx3edc 1qazxsw23edc qazwsxedcrfv
qwertyuiop qwertyuiop123 qwerty1234 qwerty12345 qwerty123456 qwerty123! qwertyqwerty asdfghjkl1 asdfasdfasdf
asdfghjkl123 zxcvbnm123 zxcvbnm1234 zaq12wsxcde3 q1w2e3r4t5 q1w2e3r4t5y6 poiuytrewq mnbvcxzlkj 1234qwerasdf
password10 password11 password12 password123 password1234 password12345 password01 password99 password2020
password2021 password2022 password2023 password2024 password2025 password2026 passwordpassword mypassword mypassword1
password!! password1! password123! password@123 password@1 p@ssword123 p@ssw0rd123 p@ssword12 p@ssw0rd12 passw0rd123
passw0rd12 pa55word12 pa55word123 passwort123 passwort1234 motdepasse motdepasse1 contraseña contrasena123 contrasena1
senha12345 senha123456 wachtwoord wachtwoord1 wachtwoord123 parola1234 parola12345 lozinka123
welcome123 welcome1234 welcome12345 welcome123! welcome@123 welcome2024 welcome2025 welcome2026 changeme123 changeme1234
changemenow letmein123 letmein1234 letmein12345 letmeinnow iloveyou12 iloveyou123 iloveyou1234 iloveyouso iloveyou1!
administrator admin12345 admin123456 admin1234! admin@1234 admin@12345 administrator1 administrator123 adminadmin
adminadmin1 superadmin superadmin1 rootrootroot root123456 test123456 test1234567 testtesttest testing1234 testing123
guest12345 default123 secret1234 secret12345 supersecret topsecret1 whatsapp123 whatsapp1234 pigeonpost pigeonpost1
pigeonpost123 football123 football12 baseball12 baseball123 basketball basketball1 liverpool1 liverpool123 manchester
manchester1 chelsea123 arsenal123 barcelona1 barcelona123 realmadrid realmadrid1 juventus123 superman12 superman123
batman1234 spiderman1 spiderman123 pokemon123 starwars12 starwars123 princess12 princess123 sunshine12 sunshine123
butterfly1 butterfly123 chocolate1 chocolate123 strawberry strawberry1 blink182blink michael123 michelle12 jennifer12
jonathan12 alexander1 alexander123 elizabeth1 elizabeth123 christopher christopher1 christian1 charlotte1 victoria12
victoria123 computer12 computer123 internet12 internet123 samsung123 samsung1234 microsoft1 google1234 facebook12
facebook123 instagram1 instagram123 linkedin12 linkedin123 monkey1234 monkey12345 dragon1234 dragon12345 master1234
master12345 shadow1234 hunter1234 trustno1trustno1 correcthorsebatterystaple correct horse battery staple
abcd1234567 abc123abc123 abcabcabc1 aa12345678 aa123456789 asd1234567 qwe1234567 qweasdzxc1 qweasdzxc123 qwe123qwe123
zxc1234567 1a2b3c4d5e 1password1 onepassword january123 february123 september1 september123 october123 november123
december123 summer2024 summer2025 summer2026 winter2024 winter2025 winter2026 spring2025 spring2026 autumn2025
autumn2026 monday1234 friday1234 business123 company123 company1234 office1234 office12345 clinic1234 school1234
""".split()) | {"correct horse battery staple"}
