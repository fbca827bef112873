import type { englishPeople } from './english-people.ts'

/** What the commands of people, protections, presets and previews say, in French. */
export const frenchPeople: Readonly<Record<keyof typeof englishPeople, string>> = {
  'error.approvalNeeded': '{problem}',
  'error.noCondition': 'le gel lierait tous les points de reprise qui existent',
  'error.unknownRole': 'il n’y a pas de rôle {role} : il y a {roles}',

  'hint.approvalNeeded': 'Demandez aux autres par --reason TEXTE. Quand ils ont approuvé, faites-le avec --approval ID.',
  'hint.noCondition': 'Donnez au moins --vault, --source, --since ou --before.',

  'column.before': 'Avant',
  'column.choices': 'Choix',
  'column.description': 'Description',
  'column.disabled': 'Désactivé',
  'column.displayName': 'Nom complet',
  'column.expires': 'Expire',
  'column.from': 'À partir de',
  'column.lastUsed': 'Dernier usage',
  'column.lifted': 'Levé',
  'column.network': 'Réseau',
  'column.now': 'Maintenant',
  'column.origin': 'Exigences',
  'column.parameter': 'Paramètre',
  'column.project': 'Projet',
  'column.purpose': 'Usage',
  'column.reason': 'Raison',
  'column.request': 'Demande',
  'column.revoked': 'Révoquée',
  'column.role': 'Rôle',
  'column.scopes': 'Portée',
  'column.secondFactor': 'Second facteur',
  'column.secret': 'Secret',
  'column.then': 'Ensuite',
  'column.there': 'Présent',
  'column.title': 'Titre',
  'column.twoFactorMandatory': 'Second facteur obligatoire',
  'column.uri': 'URI',
  'column.used': 'Utilisée',
  'column.user': 'Utilisateur',
  'column.userAgent': 'Programme',
  'column.value': 'Valeur',
  'column.votes': 'Voix',

  'address.all': 'de partout',
  'address.remove': 'Ne plus admettre le réseau de la règle {id} ?',
  'address.removed': 'la règle {id} n’existe plus',

  'approval.asked': '{votes} autres doivent approuver : `coffre approval approve {id}`. Faites-le ensuite avec --approval {id}',

  'audit.exported': '{entries} lignes sont dans {path}',

  'grant.everywhere': 'partout',
  'grant.taken': 'le rôle {id} est repris',

  'hold.lift': 'Lever le gel {title} ? Il protège {points} points de reprise, que la rétention pourra alors supprimer.',

  'key.keep': 'gardez la clé maintenant : elle n’est montrée que cette fois. Son identifiant est {id}',
  'key.revoke': 'Révoquer la clé {id} ? Elle ne servira plus jamais.',
  'key.revoked': 'la clé {id} est révoquée',

  'login.newPassword': 'Nouveau mot de passe : ',

  'password.changed': 'le mot de passe est changé ; vos autres sessions sont closes',

  'preset.notifications': 'il veut aussi des notifications :',
  'preset.restoreTests': 'il veut aussi des tests de restauration :',
  'preset.wants': 'ce qu’il veut en plus de ses plans, et ne crée pas :',

  'preview.applied': 'les points existants prennent les nouvelles durées, sauf ceux qu’un verrou garde plus longtemps',
  'preview.changed': 'le plan {name} deviendrait la version {version}',
  'preview.counts': 'sur {seen} points de reprise {changed} changeraient : {more} de plus partiraient aussitôt, {less} de moins',
  'preview.notApplied': 'les points existants gardent leur durée',
  'preview.rule': 'règle {name} : {schedule}, vers {vault}',
  'preview.selection': 'la sélection {name} prend {count} sources',

  'session.ended': 'la session {id} est close',
  'session.othersEnded': '{count} autres sessions sont closes',

  'twoFactor.keepCodes':
    'gardez ces codes de secours : chacun sert une fois à la place d’un code, et ils ne sont montrés que cette fois',
  'twoFactor.next': 'entrez le secret dans votre application, puis prouvez-le : `coffre two-factor confirm CODE`',
  'twoFactor.removed': 'votre second facteur est retiré',

  'user.noFailures': 'les échecs de connexion de {name} sont oubliés',
  'user.noSecondFactor': '{name} n’a plus de second facteur',
  'user.token': 'avec ce jeton {name} choisit un mot de passe, une fois, sous trois jours :',
  'user.tokenUse': 'coffre login URL --password-token JETON',

  'vault.delete': 'Oublier le coffre {name} ? Ses fichiers restent où ils sont.',
  'vault.deleted': 'le coffre {name} est oublié ; ses fichiers sont toujours dans {location}',
  'vault.locked': 'le coffre {name} est verrouillé : {lock}',
  'vault.unlock': 'Ôter le verrou de {name} ? Les points de reprise présents gardent leur propre terme.',
  'vault.unlocked': 'le coffre {name} n’est plus verrouillé',

  'verdict.blocked': 'échu depuis {time}',
  'verdict.expire': 'part aussitôt',
  'verdict.expires': 'jusqu’à {time}',
  'verdict.keep': 'reste',

  'word.no': 'non',
  'word.yes': 'oui',
}
