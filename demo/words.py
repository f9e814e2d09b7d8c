"""Words to make a firm of: people, businesses, towns and the work of an accounting office in Tamil Nadu."""

# ruff: noqa: RUF001 - dashes and quotation marks as people type them are part of the data
from __future__ import annotations

STAFF = (
    "Lakshmi Narayanan", "கார்த்திக் ராஜன்", "प्रिया शर्मा", "Mohamed Irfan", "Anitha D'Souza", "சுதா மணி",
    "Vikram Seth", "अर्जुन मेहता", "Revathi Kumar", "Joseph Xavier", "Deepa Nair", "மீனாட்சி சுந்தரம்",
    "Rahul Verma", "Sanjana Iyer", "கவிதா", "Balaji Subramanian",
)  # fmt: skip

OWNERS = (
    "Sri Lakshmi", "Annai", "முருகன்", "शर्मा", "New Bharat", "Kaveri", "Golden", "பாலாஜி", "गुप्ता", "St. Mary's",
    "Al-Ameen", "Pandian", "Chennai", "Nilgiri", "செல்வம்", "अग्रवाल", "Royal", "Ganesh", "Meenakshi", "O'Brien",
)  # fmt: skip

BUSINESSES = (
    "Traders", "Textiles", "ஸ்டோர்ஸ்", "एंड संस", "Agencies", "Constructions", "Exports Pvt. Ltd.", "Café & Bakery",
    "Motors", "Hospital", "மில்ஸ்", "इंडस्ट्रीज", "Jewellers", "Software Solutions LLP", "Rice Mill", "Educational Trust",
)  # fmt: skip

TOWNS = (
    ("Chennai", "600001"), ("Coimbatore", "641001"), ("மதுரை", "625001"), ("Salem", "636001"),
    ("Tirunelveli", "627001"), ("Erode", "638001"), ("Tiruppur", "641601"), ("Thanjavur", "613001"),
    ("Vellore", "632001"), ("Karur", "639001"),
)  # fmt: skip

OFFICE = "Chennai – T. Nagar"
STREETS = (
    "Anna Salai", "Gandhi Road", "North Car Street", "பெரிய தெரு", "Mint Street", "Avinashi Road", "महात्मा गांधी मार्ग",
)  # fmt: skip

TASKS = (
    "Collect documents", "Bank reconciliation", "Vouching of expenses", "Verify purchase bills", "GSTR-1 preparation",
    "GSTR-3B preparation", "GSTR-2B matching", "TDS return 24Q", "TDS return 26Q", "Stock verification",
    "Fixed asset register", "Ledger scrutiny", "Payroll check", "Trial balance review", "Prepare financials",
    "Tax audit report 3CD", "Income tax computation", "File ITR-6", "ROC filing AOC-4", "ROC filing MGT-7",
    "Partner's review", "Client discussion", "கணக்கு சரிபார்ப்பு", "दस्तावेज़ जमा करें",
)  # fmt: skip

JOBS = (
    "Statutory audit", "Tax audit u/s 44AB", "GST monthly return", "GST annual return 9/9C", "TDS quarterly return",
    "Income tax return", "Internal audit", "Bank stock audit", "Company incorporation", "Project report for loan",
    "Accounts outsourcing", "Notice u/s 143(2) – reply",
)  # fmt: skip

CHECKS = (
    "PAN and Aadhaar copies received", "Bank statements for all accounts", "Sales register tallied with GSTR-1",
    "Form 26AS downloaded", "Confirmation of balances", "Loan statements and sanction letters",
    "Closing stock certificate signed", "Previous year's report on file", "Cash book – physical verification",
    "மேலாண்மை கடிதம் பெறப்பட்டது", "ई-फाइलिंग पावती", "Depreciation rates checked",
)  # fmt: skip

REMINDERS = (
    ("Statutory", "GSTR-3B due on the 20th"), ("Statutory", "TDS payment ⏰"), ("Client", "Call about notice 📞"),
    ("Client", "பில் கேட்க வேண்டும்"), ("Office", "Staff meeting ☕"), ("Office", "DSC expires – renew"),
    ("Personal", "जन्मदिन 🎂"), ("Statutory", "Advance tax instalment"),
)  # fmt: skip

NOTES = (
    "Waiting for bank statement", "Done ✅", "Client asked for “one more week”", "Met Mr. O'Brien – bills pending",
    "GST portal down 😤", "நாளை முடிக்கப்படும்", "कल पूरा होगा 👍", "50% complete; see C:\\Audit\\2025",
    "Line one\nline two", "Tab\tin note", "",
)  # fmt: skip

LEAVE_REASONS = ("Fever 🤒", "Family function", "பொங்கல் விடுமுறை", "छठ पूजा", "Exam – CA Final", "Own wedding 🎉")
