import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeSchedule } from './describe-schedule.ts'
import { parseSchedule } from './parse-schedule.ts'

const sentences: readonly (readonly [text: string, english: string, french: string])[] = [
  ['0 2 * * *', 'Every day at 02:00', 'Chaque jour à 02:00'],
  ['cron(0 5,17 * * ? *)', 'Every day at 05:00 and 17:00', 'Chaque jour à 05:00 et 17:00'],
  ['every 6h from 02:00', 'Every day at 02:00, 08:00, 14:00 and 20:00', 'Chaque jour à 02:00, 08:00, 14:00 et 20:00'],
  ['every 4h', 'Every 4 hours', 'Toutes les 4 heures'],
  ['every 2h from 01:30', 'Every 2 hours from 01:30', 'Toutes les 2 heures à partir de 01:30'],
  ['@hourly', 'Every hour', 'Toutes les heures'],
  ['30 * * * *', 'Every hour from 00:30', 'Toutes les heures à partir de 00:30'],
  ['* * * * *', 'Every minute', 'Toutes les minutes'],
  ['*/15 * * * *', 'Every 15 minutes', 'Toutes les 15 minutes'],
  [
    '*/15 9-17 * * 1-5',
    'Every 15 minutes from 09:00 to 17:45, from Monday to Friday',
    'Toutes les 15 minutes de 09:00 à 17:45, du lundi au vendredi',
  ],
  ['0 1,2,4,8,16 * * *', 'Every day at 01:00, 02:00, 04:00, 08:00 and 16:00', 'Chaque jour à 01:00, 02:00, 04:00, 08:00 et 16:00'],
  ['0 0 * * sun', 'Every Sunday at 00:00', 'Chaque dimanche à 00:00'],
  ['0 0 * * 1,3,5', 'Every Monday, Wednesday and Friday at 00:00', 'Chaque lundi, mercredi et vendredi à 00:00'],
  ['cron(0 3 1 * ? *)', 'On day 1 of the month at 03:00', 'Le 1er du mois à 03:00'],
  ['0 3 1,15 * *', 'On days 1 and 15 of the month at 03:00', 'Le 1er et le 15 du mois à 03:00'],
  ['0 3 1-7,20 * *', 'On days 1 to 7 and 20 of the month at 03:00', 'Du 1er au 7 et le 20 du mois à 03:00'],
  ['cron(0 3 L * ? *)', 'On the last day of the month at 03:00', 'Le dernier jour du mois à 03:00'],
  ['cron(0 3 L-1 * ? *)', '1 day before the last day of the month at 03:00', '1 jour avant le dernier du mois à 03:00'],
  ['cron(0 3 L-3 * ? *)', '3 days before the last day of the month at 03:00', '3 jours avant le dernier du mois à 03:00'],
  ['cron(0 3 LW * ? *)', 'On the last working day of the month at 03:00', 'Le dernier jour ouvré du mois à 03:00'],
  [
    'cron(0 3 15W * ? *)',
    'On the working day nearest to day 15 of the month at 03:00',
    'Le jour ouvré le plus proche du 15 du mois à 03:00',
  ],
  ['cron(0 3 ? * 6#3 *)', 'On the third Friday of the month at 03:00', 'Le troisième vendredi du mois à 03:00'],
  ['cron(0 3 ? * 1L *)', 'On the last Sunday of the month at 03:00', 'Le dernier dimanche du mois à 03:00'],
  [
    'every month on 1, last',
    'On day 1 of the month and on the last day of the month at 00:00',
    'Le 1er du mois et le dernier jour du mois à 00:00',
  ],
  ['0 3 13 * 5', 'On day 13 of the month and every Friday at 03:00', 'Le 13 du mois et chaque vendredi à 03:00'],
  ['0 0 1 1 *', 'On day 1 of the month in January at 00:00', 'Le 1er du mois en janvier à 00:00'],
  [
    '0 0 1 */3 *',
    'On day 1 of the month in January, in April, in July and in October at 00:00',
    'Le 1er du mois en janvier, en avril, en juillet et en octobre à 00:00',
  ],
  [
    '0 0 * 4-6,12 0',
    'Every Sunday from April to June and in December at 00:00',
    'Chaque dimanche d’avril à juin et en décembre à 00:00',
  ],
  ['cron(0 0 * * ? 2026-2028)', 'Every day from 2026 to 2028 at 00:00', 'Chaque jour de 2026 à 2028 à 00:00'],
  ['cron(0 * * 3 ? 2027)', 'Every hour, every day in March in 2027', 'Toutes les heures, chaque jour en mars en 2027'],
  [
    'every 90m from 00:30',
    'Every 90 minutes from 00:30, beginning anew each day',
    'Toutes les 90 minutes à partir de 00:30, en recommençant chaque jour',
  ],
  // What no short sentence fits.
  ['0 0 */2 * 5', 'By 0 0 */2 * 5', 'Selon 0 0 */2 * 5'],
  ['0 0 13 1 5', 'By 0 0 13 1 5', 'Selon 0 0 13 1 5'],
  ['1,2,3,5,8,13,21 1 * * *', 'By 1,2,3,5,8,13,21 1 * * *', 'Selon 1,2,3,5,8,13,21 1 * * *'],
  ['0 0 */2 * *', 'By 0 0 */2 * *', 'Selon 0 0 */2 * *'],
  ['cron(0 0 * * ? 2000/3)', 'By cron(0 0 * * ? 2000/3)', 'Selon cron(0 0 * * ? 2000/3)'],
]

test('a schedule in one sentence', () => {
  for (const [text, english, french] of sentences) {
    const schedule = parseSchedule(text)
    assert.equal(describeSchedule(schedule, 'Europe/Paris', 'en'), `${english} (Europe/Paris)`)
    assert.equal(describeSchedule(schedule, 'Europe/Paris', 'fr'), `${french} (Europe/Paris)`)
  }
})

test('a rate has no zone', () => {
  const rates: readonly (readonly [text: string, english: string, french: string])[] = [
    ['rate(6 hours)', 'Every 6 hours', 'Toutes les 6 heures'],
    ['rate(1 hour)', 'Every hour', 'Toutes les heures'],
    ['rate(1 day)', 'Every 24 hours', 'Toutes les 24 heures'],
    ['rate(2 days)', 'Every 2 days', 'Tous les 2 jours'],
    ['rate(90 minutes)', 'Every 90 minutes', 'Toutes les 90 minutes'],
  ]
  for (const [text, english, french] of rates) {
    const schedule = parseSchedule(text)
    assert.equal(describeSchedule(schedule, 'UTC', 'en'), `${english}, counted from the making of the rule`)
    assert.equal(describeSchedule(schedule, 'UTC', 'fr'), `${french}, à compter de la création de la règle`)
  }
})
