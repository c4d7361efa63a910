//! The words of each language for dates and schedules.

/// The words of a language.
pub(super) struct Words {
    pub weekdays: [&'static str; 7],
    pub months: [&'static str; 12],
    pub short_months: [&'static str; 12],
    /// A day of the month before its month.
    pub day: fn(u32) -> String,
    /// Between day and month, and between month and year.
    pub of: &'static str,
    pub after_weekday: &'static str,
    /// Between a date with its weekday and a time.
    pub before_at: &'static str,
    /// Before a time, by its hour.
    pub at: fn(u32) -> &'static str,
    /// A time of the day.
    pub clock: fn(u32, u32) -> String,
    /// After the last time.
    pub after_times: &'static str,
    pub and: &'static str,
    pub when_news: &'static str,
    pub set_times: &'static str,
    pub every_minute: &'static str,
    pub every_hour: &'static str,
    pub minutes: fn(u32) -> String,
    pub hours: fn(u32) -> String,
    pub every_day: &'static str,
    pub every_weekday: &'static str,
    /// Before one weekday or several.
    pub every: &'static str,
    pub day_of_month: fn(u32) -> String,
}

impl Words {
    /// "a", "a and b", "a, b and c".
    pub(super) fn listed(&self, parts: &[String]) -> String {
        match parts {
            [] => String::new(),
            [one] => one.clone(),
            [first @ .., last] => format!("{} {} {last}", first.join(", "), self.and),
        }
    }

    /// "at 7:00, 12:00 and 18:00".
    pub(super) fn at_times(&self, times: &[(u32, u32)]) -> String {
        let first = times.first().map_or(0, |(hour, _)| *hour);
        let clocks: Vec<String> = times.iter().map(|(h, m)| (self.clock)(*h, *m)).collect();
        let (at, times) = ((self.at)(first), self.listed(&clocks));
        format!("{at}{times}{}", self.after_times)
    }
}

/// The words for a language tag; English for a language that is not here.
pub(super) fn words(language: &str) -> &'static Words {
    let primary = language.split(['-', '_']).next().unwrap_or_default();
    match primary.to_ascii_lowercase().as_str() {
        "de" => &GERMAN,
        "fr" => &FRENCH,
        "it" => &ITALIAN,
        "es" => &SPANISH,
        _ => &ENGLISH,
    }
}

fn colon(hour: u32, minute: u32) -> String {
    format!("{hour}:{minute:02}")
}

pub(super) const ENGLISH: Words = Words {
    weekdays: [
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "Saturday",
        "Sunday",
    ],
    months: [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
    short_months: [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ],
    day: |day| day.to_string(),
    of: "",
    after_weekday: ", ",
    before_at: ", ",
    at: |_| "at ",
    clock: colon,
    after_times: "",
    and: "and",
    when_news: "when there is news",
    set_times: "at set times",
    every_minute: "every minute",
    every_hour: "every hour",
    minutes: |count| format!("every {count} minutes"),
    hours: |count| format!("every {count} hours"),
    every_day: "every day",
    every_weekday: "every weekday",
    every: "every ",
    day_of_month: |day| format!("on day {day} of each month"),
};

const GERMAN: Words = Words {
    weekdays: [
        "Montag",
        "Dienstag",
        "Mittwoch",
        "Donnerstag",
        "Freitag",
        "Samstag",
        "Sonntag",
    ],
    months: [
        "Januar",
        "Februar",
        "März",
        "April",
        "Mai",
        "Juni",
        "Juli",
        "August",
        "September",
        "Oktober",
        "November",
        "Dezember",
    ],
    short_months: [
        "Jan.", "Feb.", "März", "Apr.", "Mai", "Juni", "Juli", "Aug.", "Sept.", "Okt.", "Nov.",
        "Dez.",
    ],
    day: |day| format!("{day}."),
    of: "",
    after_weekday: ", ",
    before_at: ", ",
    at: |_| "um ",
    clock: colon,
    after_times: " Uhr",
    and: "und",
    when_news: "wenn es Neues gibt",
    set_times: "zu festen Zeiten",
    every_minute: "jede Minute",
    every_hour: "jede Stunde",
    minutes: |count| format!("alle {count} Minuten"),
    hours: |count| format!("alle {count} Stunden"),
    every_day: "jeden Tag",
    every_weekday: "montags bis freitags",
    every: "jeden ",
    day_of_month: |day| format!("am {day}. jedes Monats"),
};

const FRENCH: Words = Words {
    weekdays: [
        "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche",
    ],
    months: [
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ],
    short_months: [
        "janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.",
        "déc.",
    ],
    day: french_day,
    of: "",
    after_weekday: " ",
    before_at: " ",
    at: |_| "à ",
    // With spaces that do not break, as French typography has it.
    clock: |hour, minute| match minute {
        0 => format!("{hour}\u{a0}h"),
        _ => format!("{hour}\u{a0}h\u{a0}{minute:02}"),
    },
    after_times: "",
    and: "et",
    when_news: "dès qu’il y a du nouveau",
    set_times: "à heures fixes",
    every_minute: "toutes les minutes",
    every_hour: "toutes les heures",
    minutes: |count| format!("toutes les {count} minutes"),
    hours: |count| format!("toutes les {count} heures"),
    every_day: "tous les jours",
    every_weekday: "du lundi au vendredi",
    every: "chaque ",
    day_of_month: |day| format!("le {} de chaque mois", french_day(day)),
};

fn french_day(day: u32) -> String {
    match day {
        1 => "1er".to_owned(),
        _ => day.to_string(),
    }
}

const ITALIAN: Words = Words {
    weekdays: [
        "lunedì",
        "martedì",
        "mercoledì",
        "giovedì",
        "venerdì",
        "sabato",
        "domenica",
    ],
    months: [
        "gennaio",
        "febbraio",
        "marzo",
        "aprile",
        "maggio",
        "giugno",
        "luglio",
        "agosto",
        "settembre",
        "ottobre",
        "novembre",
        "dicembre",
    ],
    short_months: [
        "gen", "feb", "mar", "apr", "mag", "giu", "lug", "ago", "set", "ott", "nov", "dic",
    ],
    day: italian_day,
    of: "",
    after_weekday: " ",
    before_at: " ",
    at: |hour| if hour == 1 { "all’" } else { "alle " },
    clock: colon,
    after_times: "",
    and: "e",
    when_news: "quando ci sono novità",
    set_times: "a orari fissi",
    every_minute: "ogni minuto",
    every_hour: "ogni ora",
    minutes: |count| format!("ogni {count} minuti"),
    hours: |count| format!("ogni {count} ore"),
    every_day: "ogni giorno",
    every_weekday: "dal lunedì al venerdì",
    every: "ogni ",
    day_of_month: |day| match day {
        1 => "il 1º di ogni mese".to_owned(),
        8 | 11 => format!("l’{day} di ogni mese"),
        _ => format!("il {day} di ogni mese"),
    },
};

fn italian_day(day: u32) -> String {
    match day {
        1 => "1º".to_owned(),
        _ => day.to_string(),
    }
}

const SPANISH: Words = Words {
    weekdays: [
        "lunes",
        "martes",
        "miércoles",
        "jueves",
        "viernes",
        "sábado",
        "domingo",
    ],
    months: [
        "enero",
        "febrero",
        "marzo",
        "abril",
        "mayo",
        "junio",
        "julio",
        "agosto",
        "septiembre",
        "octubre",
        "noviembre",
        "diciembre",
    ],
    short_months: [
        "ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sept", "oct", "nov", "dic",
    ],
    day: |day| day.to_string(),
    of: "de ",
    after_weekday: ", ",
    before_at: ", ",
    at: |hour| if hour == 1 { "a la " } else { "a las " },
    clock: colon,
    after_times: "",
    and: "y",
    when_news: "cuando hay novedades",
    set_times: "a horas fijas",
    every_minute: "cada minuto",
    every_hour: "cada hora",
    minutes: |count| format!("cada {count} minutos"),
    hours: |count| format!("cada {count} horas"),
    every_day: "todos los días",
    every_weekday: "de lunes a viernes",
    every: "cada ",
    day_of_month: |day| format!("el día {day} de cada mes"),
};
