package demo

// style is how a community puts a name together.
type style uint8

const (
	plain      style = iota
	middle           // usually with a second given name
	sikh             // Singh or Kaur between given name and family name
	chain            // given name, father's, grandfather's (Somali)
	slavonic         // -ski and -cki become -ska and -cka for women
	iberian          // two family names
	muslimLady       // women often keep a second name such as Begum
)

// community is people whose names go together, with its share of the
// population in thousandths (after the census of 2021 for the eight boroughs
// of North West London, rounded). Lists run from the commonest name on.
type community struct {
	share    int
	ethnic   string // ethnic category code
	language string // ISO 639-1 of those who do not prefer English, "" = all do
	style    style
	women    []string
	men      []string
	elderW   []string // for those over 55, where fashion has changed
	elderM   []string
	families []string
}

func communities() []community {
	return []community{
		{share: 290, ethnic: "A", style: middle, women: britishWomen, men: britishMen, elderW: britishElderWomen, elderM: britishElderMen, families: britishFamilies},
		{share: 24, ethnic: "B", style: middle, women: irishWomen, men: irishMen, families: irishFamilies},
		{share: 42, ethnic: "C", language: "pl", style: slavonic, women: polishWomen, men: polishMen, families: polishFamilies},
		{share: 34, ethnic: "C", language: "ro", women: romanianWomen, men: romanianMen, families: romanianFamilies},
		{share: 30, ethnic: "C", language: "pt", style: iberian, women: portugueseWomen, men: portugueseMen, families: portugueseFamilies},
		{share: 40, ethnic: "C", style: middle, women: europeanWomen, men: europeanMen, families: europeanFamilies},
		{share: 100, ethnic: "H", language: "gu", style: middle, women: gujaratiWomen, men: gujaratiMen, families: gujaratiFamilies},
		{share: 55, ethnic: "H", language: "pa", style: sikh, women: punjabiWomen, men: punjabiMen, families: punjabiFamilies},
		{share: 58, ethnic: "J", language: "ur", style: muslimLady, women: muslimWomen, men: muslimMen, families: pakistaniFamilies},
		{share: 20, ethnic: "K", language: "bn", style: muslimLady, women: muslimWomen, men: muslimMen, families: bangladeshiFamilies},
		{share: 34, ethnic: "L", language: "ta", women: tamilWomen, men: tamilMen, families: tamilFamilies},
		{share: 30, ethnic: "L", language: "fa", women: muslimWomen, men: muslimMen, families: afghanFamilies},
		{share: 22, ethnic: "L", language: "tl", style: middle, women: filipinoWomen, men: filipinoMen, families: filipinoFamilies},
		{share: 45, ethnic: "M", style: middle, women: britishWomen, men: britishMen, elderW: caribbeanElderWomen, elderM: caribbeanElderMen, families: caribbeanFamilies},
		{share: 44, ethnic: "N", language: "so", style: chain, women: somaliWomen, men: somaliMen, families: somaliMen},
		{share: 36, ethnic: "N", style: middle, women: nigerianWomen, men: nigerianMen, families: nigerianFamilies},
		{share: 14, ethnic: "N", style: middle, women: ghanaianWomen, men: ghanaianMen, families: ghanaianFamilies},
		{share: 16, ethnic: "R", language: "zh", women: chineseWomen, men: chineseMen, families: chineseFamilies},
		{share: 40, ethnic: "S", language: "ar", women: arabWomen, men: arabMen, families: arabFamilies},
		{share: 14, ethnic: "S", language: "fa", women: iranianWomen, men: iranianMen, families: iranianFamilies},
		{share: 12, ethnic: "G", style: middle, women: britishWomen, men: britishMen, families: europeanFamilies},
	}
}

var (
	britishWomen        = []string{"Olivia", "Sophie", "Emily", "Charlotte", "Jessica", "Amelia", "Laura", "Chloe", "Rebecca", "Lucy", "Hannah", "Emma", "Grace", "Alice", "Katie", "Megan", "Ella", "Daisy", "Georgia", "Isla", "Freya", "Holly", "Rosie", "Zoe", "Naomi"}
	britishMen          = []string{"Jack", "Thomas", "James", "Daniel", "Oliver", "George", "Matthew", "Joshua", "Harry", "William", "Luke", "Samuel", "Ryan", "Benjamin", "Adam", "Joseph", "Callum", "Alexander", "Charlie", "Jordan", "Lewis", "Nathan", "Toby", "Theo", "Rhys"}
	britishElderWomen   = []string{"Margaret", "Susan", "Patricia", "Jean", "Christine", "Linda", "Barbara", "Janet", "Sheila", "Maureen", "Joan", "Pauline", "Doreen", "Sandra", "Brenda", "Joyce", "Audrey", "Beryl", "Hilary", "Gillian", "Rosemary", "Dorothy", "Valerie", "Iris", "Marjorie"}
	britishElderMen     = []string{"John", "David", "Peter", "Michael", "Robert", "Brian", "Alan", "Kenneth", "Raymond", "Anthony", "Ronald", "Derek", "Keith", "Roger", "Geoffrey", "Dennis", "Trevor", "Stanley", "Gordon", "Malcolm", "Norman", "Leslie", "Cyril", "Ernest", "Hugh"}
	britishFamilies     = []string{"Smith", "Jones", "Williams", "Taylor", "Brown", "Davies", "Evans", "Wilson", "Thomas", "Roberts", "Johnson", "Walker", "Wright", "Robinson", "Thompson", "White", "Hughes", "Edwards", "Green", "Hall", "Wood", "Harris", "Martin", "Jackson", "Clarke", "Turner", "Hill", "Cooper", "Ward", "Morris", "Baker", "King", "Parker", "Bennett", "Carter", "Mitchell", "Collins", "Bailey", "Marshall", "Chapman", "Webb", "Hunt", "Barker", "Fletcher", "Gibson", "Pearce", "Osborne", "Fairweather", "Attwood", "Penhaligon"}
	irishWomen          = []string{"Mary", "Bridget", "Kathleen", "Siobhán", "Aoife", "Niamh", "Eileen", "Noreen", "Ciara", "Orla", "Sinéad", "Deirdre"}
	irishMen            = []string{"Patrick", "Michael", "Seán", "Liam", "Declan", "Brendan", "Conor", "Eamonn", "Kevin", "Gerard", "Niall", "Diarmuid"}
	irishFamilies       = []string{"Murphy", "Kelly", "O'Brien", "Byrne", "Ryan", "O'Sullivan", "Walsh", "O'Connor", "Doyle", "McCarthy", "Gallagher", "Doherty", "Kennedy", "Lynch", "Fitzgerald", "MacNamara"}
	polishWomen         = []string{"Anna", "Katarzyna", "Agnieszka", "Magdalena", "Małgorzata", "Joanna", "Zuzanna", "Ewa", "Barbara", "Monika", "Julia", "Oliwia"}
	polishMen           = []string{"Piotr", "Krzysztof", "Tomasz", "Paweł", "Marcin", "Jakub", "Michał", "Andrzej", "Stanisław", "Łukasz", "Antoni", "Kacper"}
	polishFamilies      = []string{"Nowak", "Kowalski", "Wiśniewski", "Wójcik", "Kowalczyk", "Kamiński", "Lewandowski", "Zieliński", "Szymański", "Woźniak", "Dąbrowski", "Kozłowski", "Jankowski", "Mazur"}
	romanianWomen       = []string{"Maria", "Elena", "Ioana", "Andreea", "Mihaela", "Cristina", "Alexandra", "Gabriela", "Ana", "Simona"}
	romanianMen         = []string{"Andrei", "Alexandru", "Ion", "Mihai", "Ionuț", "Gheorghe", "Florin", "Cristian", "Vasile", "Ștefan"}
	romanianFamilies    = []string{"Popescu", "Ionescu", "Popa", "Radu", "Dumitru", "Stan", "Stoica", "Gheorghiu", "Matei", "Ciobanu", "Rusu", "Munteanu"}
	portugueseWomen     = []string{"Maria", "Ana", "Fátima", "Sofia", "Beatriz", "Catarina", "Inês", "Mariana", "Teresa", "Conceição"}
	portugueseMen       = []string{"João", "José", "António", "Manuel", "Rui", "Tiago", "Pedro", "Carlos", "Gonçalo", "Luís"}
	portugueseFamilies  = []string{"Silva", "Santos", "Ferreira", "Pereira", "Oliveira", "Costa", "Rodrigues", "Martins", "Sousa", "Fernandes", "Gonçalves", "Gomes", "Almeida", "Ribeiro"}
	europeanWomen       = []string{"Giulia", "Elena", "Camille", "Sofia", "Ingrid", "Eleni", "Chiara", "Claire", "Lucía", "Katja", "Petra", "Ilaria"}
	europeanMen         = []string{"Marco", "Luca", "Nikolaos", "Pierre", "Javier", "Stefan", "Matteo", "Antoine", "Dimitri", "Lars", "Giovanni", "Emil"}
	europeanFamilies    = []string{"Rossi", "Müller", "Papadopoulos", "García", "Dubois", "Ferrari", "Schneider", "Bianchi", "Laurent", "Jensen", "Romano", "Fernández", "Weber", "Moreau", "Christodoulou"}
	gujaratiWomen       = []string{"Priya", "Meera", "Hansa", "Pushpa", "Kavita", "Nisha", "Jyoti", "Anjali", "Rekha", "Bhavna", "Sangita", "Diya", "Anika", "Kokila", "Manjula", "Ramila", "Usha", "Hetal", "Avni", "Riya"}
	gujaratiMen         = []string{"Rajesh", "Amit", "Kiran", "Dilip", "Suresh", "Mahesh", "Nilesh", "Jayesh", "Ramesh", "Vikram", "Arjun", "Aarav", "Dev", "Bharat", "Kantilal", "Harish", "Mukesh", "Rohan", "Sanjay", "Krish"}
	gujaratiFamilies    = []string{"Patel", "Shah", "Mehta", "Desai", "Joshi", "Amin", "Parmar", "Solanki", "Gandhi", "Trivedi", "Modi", "Chauhan", "Thakkar", "Pandya", "Kotecha", "Vekaria", "Hirani", "Nair", "Sharma", "Reddy"}
	punjabiWomen        = []string{"Harpreet", "Gurpreet", "Manjit", "Simran", "Jasmin", "Kulwinder", "Balbir", "Surinder", "Parminder", "Amrit", "Navneet", "Rajinder"}
	punjabiMen          = []string{"Gurdeep", "Harjit", "Jaspal", "Manpreet", "Balwinder", "Sukhdev", "Kulvinder", "Amandeep", "Ranjit", "Arjan", "Jasdeep", "Mohinder"}
	punjabiFamilies     = []string{"Gill", "Sandhu", "Dhillon", "Sidhu", "Grewal", "Bains", "Virdi", "Sohal", "Mann", "Bhogal", "Panesar", "Dhaliwal"}
	muslimWomen         = []string{"Fatima", "Aisha", "Maryam", "Zainab", "Amina", "Khadija", "Sana", "Nadia", "Farah", "Rukhsana", "Shazia", "Noor", "Yasmin", "Hafsa", "Shabana", "Razia", "Saima", "Iqra"}
	muslimMen           = []string{"Muhammad", "Ahmed", "Ali", "Imran", "Tariq", "Usman", "Bilal", "Hassan", "Faisal", "Omar", "Zubair", "Kamran", "Ibrahim", "Yusuf", "Abdul", "Rashid", "Nasir", "Hamza"}
	pakistaniFamilies   = []string{"Khan", "Ahmed", "Hussain", "Malik", "Iqbal", "Mahmood", "Butt", "Chaudhry", "Sheikh", "Mirza", "Akhtar", "Raja", "Qureshi", "Siddiqui", "Bhatti", "Aslam"}
	bangladeshiFamilies = []string{"Islam", "Rahman", "Uddin", "Miah", "Hossain", "Chowdhury", "Alam", "Haque", "Karim", "Ali", "Sarkar", "Talukder"}
	tamilWomen          = []string{"Lakshmi", "Kavitha", "Priyanka", "Thusha", "Vasanthi", "Sivagami", "Nirmala", "Abirami", "Meena", "Selvi"}
	tamilMen            = []string{"Sivakumar", "Ravi", "Suresh", "Kumaran", "Rajan", "Ganesh", "Mahendran", "Ahilan", "Nimal", "Sunil"}
	tamilFamilies       = []string{"Sivalingam", "Kandiah", "Selvarajah", "Nadarajah", "Balasubramaniam", "Perera", "Fernando", "Thambirajah", "Ratnam", "Wijesinghe"}
	afghanFamilies      = []string{"Ahmadi", "Rahimi", "Noori", "Safi", "Karimi", "Popal", "Sharifi", "Stanikzai", "Hakimi", "Yousafzai"}
	filipinoWomen       = []string{"Maricel", "Rosario", "Jocelyn", "Angelica", "Teresita", "Grace", "Imelda", "Lourdes"}
	filipinoMen         = []string{"Jose", "Ramon", "Mark", "Rodrigo", "Angelo", "Ernesto", "Noel", "Rommel"}
	filipinoFamilies    = []string{"Santos", "Reyes", "Cruz", "Bautista", "Garcia", "dela Cruz", "Villanueva", "Mendoza", "Aquino", "Ramos"}
	caribbeanElderWomen = []string{"Sylvia", "Gloria", "Hyacinth", "Norma", "Beverley", "Merlene", "Pearl", "Icilda", "Yvonne", "Cynthia", "Monica", "Lorna"}
	caribbeanElderMen   = []string{"Winston", "Desmond", "Clive", "Errol", "Neville", "Delroy", "Carlton", "Leroy", "Lloyd", "Vincent", "Egbert", "Roy"}
	caribbeanFamilies   = []string{"Campbell", "Williams", "Brown", "Francis", "Grant", "Morgan", "Gordon", "Samuels", "Joseph", "Bailey", "Charles", "Pinnock", "Baptiste", "Lewis", "St. Hilaire"}
	somaliWomen         = []string{"Hodan", "Fadumo", "Ifrah", "Sahra", "Halima", "Ayaan", "Hibo", "Khadra", "Maryan", "Nimco", "Idil", "Asha"}
	somaliMen           = []string{"Mohamed", "Abdi", "Ahmed", "Hassan", "Ali", "Omar", "Abdullahi", "Yusuf", "Farah", "Warsame", "Jama", "Ismail", "Nur", "Guled"}
	nigerianWomen       = []string{"Ngozi", "Folake", "Chioma", "Blessing", "Adaeze", "Yetunde", "Funmilayo", "Temitope", "Ifeoma", "Amaka"}
	nigerianMen         = []string{"Chukwuemeka", "Oluwaseun", "Emeka", "Tunde", "Babatunde", "Ikechukwu", "Samuel", "Kelechi", "Ayodele", "Obinna"}
	nigerianFamilies    = []string{"Okafor", "Adeyemi", "Okonkwo", "Adebayo", "Eze", "Balogun", "Nwosu", "Ogunleye", "Afolabi", "Oyelaran", "Chukwu", "Bello"}
	ghanaianWomen       = []string{"Abena", "Akosua", "Esi", "Comfort", "Adwoa", "Mercy", "Efua", "Yaa"}
	ghanaianMen         = []string{"Kwame", "Kofi", "Kwabena", "Yaw", "Emmanuel", "Kojo", "Kweku", "Ebenezer"}
	ghanaianFamilies    = []string{"Mensah", "Owusu", "Boateng", "Asante", "Agyeman", "Osei", "Appiah", "Amoah"}
	chineseWomen        = []string{"Wei", "Li", "Mei", "Xiu Ying", "Fang", "Jing", "Siu Ling", "Yan", "Hui", "Pui Yee"}
	chineseMen          = []string{"Wei", "Jun", "Ming", "Chi Keung", "Lei", "Kwok Wai", "Hao", "Tao", "Ka Ho", "Jian"}
	chineseFamilies     = []string{"Wang", "Li", "Chan", "Zhang", "Wong", "Chen", "Liu", "Lam", "Yang", "Ng", "Cheung", "Xu"}
	arabWomen           = []string{"Layla", "Huda", "Rania", "Salma", "Mona", "Zahra", "Amal", "Dalal", "Samira", "Hanan", "Suad", "Lina"}
	arabMen             = []string{"Mohammed", "Ahmad", "Khalid", "Mustafa", "Omar", "Karim", "Hussein", "Samir", "Yousef", "Tarek", "Jamal", "Haider"}
	arabFamilies        = []string{"Al-Hassan", "Haddad", "Mansour", "Al-Rashid", "Khoury", "El-Sayed", "Ibrahim", "Al-Jubouri", "Benali", "Aziz", "Al-Khatib", "Bouchareb"}
	iranianWomen        = []string{"Maryam", "Leila", "Shirin", "Nasrin", "Parisa", "Azadeh", "Mahsa", "Soraya"}
	iranianMen          = []string{"Reza", "Ali", "Amir", "Hossein", "Mehdi", "Saeed", "Farhad", "Kourosh"}
	iranianFamilies     = []string{"Hosseini", "Mohammadi", "Karimi", "Jafari", "Tehrani", "Rezaei", "Moradi", "Kazemi"}
)
