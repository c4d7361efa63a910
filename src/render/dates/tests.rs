//! Dates and schedules in the words of each language.

use super::*;

#[test]
fn dates_are_those_of_the_zone() {
    let time: Time = "2026-11-23T23:05:00Z".parse().unwrap();
    let berlin = chrono_tz::Europe::Berlin;
    assert_eq!(long(time, berlin, "en"), "Tuesday, 24 November 2026");
    assert_eq!(plain(time, berlin, "en"), "24 November 2026");
    assert_eq!(short(time, chrono_tz::UTC, "en"), "23 Nov");
    assert_eq!(
        moment(time, berlin, "en"),
        "Tuesday, 24 November 2026, at 0:05"
    );
    assert_eq!(exact(time, berlin, "en"), "24 November 2026 at 0:05 CET");
}

#[test]
fn a_language_without_words_gets_english_ones() {
    let time: Time = "2026-11-23T23:05:00Z".parse().unwrap();
    let cairo = chrono_tz::Africa::Cairo;
    assert_eq!(long(time, cairo, "ar"), "Tuesday, 24 November 2026");
    assert_eq!(short(time, cairo, "ar-EG"), "24 Nov");
}

#[test]
fn dates_are_those_of_the_language() {
    let time: Time = "2026-11-23T23:05:00Z".parse().unwrap();
    let berlin = chrono_tz::Europe::Berlin;
    for (language, expected_moment, expected_exact, expected_short) in [
        (
            "de-AT",
            "Dienstag, 24. November 2026, um 0:05 Uhr",
            "24. November 2026 um 0:05 Uhr CET",
            "24. Nov.",
        ),
        (
            "fr",
            "mardi 24 novembre 2026 à 0\u{a0}h\u{a0}05",
            "24 novembre 2026 à 0\u{a0}h\u{a0}05 CET",
            "24 nov.",
        ),
        (
            "it",
            "martedì 24 novembre 2026 alle 0:05",
            "24 novembre 2026 alle 0:05 CET",
            "24 nov",
        ),
        (
            "es",
            "martes, 24 de noviembre de 2026, a las 0:05",
            "24 de noviembre de 2026 a las 0:05 CET",
            "24 nov",
        ),
        (
            "pt",
            "Tuesday, 24 November 2026, at 0:05",
            "24 November 2026 at 0:05 CET",
            "24 Nov",
        ),
    ] {
        assert_eq!(moment(time, berlin, language), expected_moment);
        assert_eq!(exact(time, berlin, language), expected_exact);
        assert_eq!(short(time, berlin, language), expected_short);
    }
}

#[test]
fn the_first_of_a_month_and_one_o_clock_have_words_of_their_own() {
    let time: Time = "2027-01-01T01:30:00Z".parse().unwrap();
    let said = |language| moment(time, chrono_tz::UTC, language);
    assert_eq!(said("fr"), "vendredi 1er janvier 2027 à 1\u{a0}h\u{a0}30");
    assert_eq!(said("it"), "venerdì 1º gennaio 2027 all’1:30");
    assert_eq!(said("es"), "viernes, 1 de enero de 2027, a la 1:30");
    assert_eq!(said("de"), "Freitag, 1. Januar 2027, um 1:30 Uhr");
}

#[test]
fn schedules_in_words() {
    for (cron, expected) in [
        ("0 7 * * mon-fri", "every weekday at 7:00"),
        ("30 6 * * *", "every day at 6:30"),
        ("0 8 * * 1", "every Monday at 8:00"),
        ("0 8 * * 7", "every Sunday at 8:00"),
        ("0 8 * * 6,7", "every Saturday and Sunday at 8:00"),
        ("0 8 * * TUE,fri", "every Tuesday and Friday at 8:00"),
        ("0 7,12,18 * * *", "every day at 7:00, 12:00 and 18:00"),
        ("0 9 1 * *", "on day 1 of each month at 9:00"),
        ("*/2 * * * *", "every 2 minutes"),
        ("0 */6 * * *", "every 6 hours"),
        ("0 * * * *", "every hour"),
        ("@weekly", "every Sunday at 0:00"),
        ("0 7 1-7 * mon", "at set times"),
        ("0 25 * * *", "at set times"),
    ] {
        assert_eq!(when(Some(cron), "en"), expected, "{cron}");
    }
    assert_eq!(when(None, "en"), "when there is news");
}

#[test]
fn schedules_in_the_words_of_each_language() {
    for (language, cron, expected) in [
        ("de", "0 7 * * 1-5", "montags bis freitags um 7:00 Uhr"),
        (
            "de",
            "30 6,18 * * mon,thu",
            "jeden Montag und Donnerstag um 6:30 und 18:30 Uhr",
        ),
        ("de", "0 9 1 * *", "am 1. jedes Monats um 9:00 Uhr"),
        ("fr", "0 7 * * 1-5", "du lundi au vendredi à 7\u{a0}h"),
        (
            "fr",
            "30 6 1 * *",
            "le 1er de chaque mois à 6\u{a0}h\u{a0}30",
        ),
        ("fr", "*/5 * * * *", "toutes les 5 minutes"),
        ("it", "0 7 * * 1-5", "dal lunedì al venerdì alle 7:00"),
        ("it", "0 1 8 * *", "l’8 di ogni mese all’1:00"),
        ("it", "0 8 * * sat,sun", "ogni sabato e domenica alle 8:00"),
        ("es", "0 7 * * 1-5", "de lunes a viernes a las 7:00"),
        ("es", "0 1,13 * * *", "todos los días a la 1:00 y 13:00"),
        ("es", "0 */6 * * *", "cada 6 horas"),
    ] {
        assert_eq!(when(Some(cron), language), expected, "{language} {cron}");
    }
    assert_eq!(when(None, "it"), "quando ci sono novità");
}
