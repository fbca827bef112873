import type { ErrorCode } from '@coffre/foundation'

interface ErrorTexts {
  /** What the code means; the details follow in the words of the libraries. */
  readonly meaning: string
  readonly advice?: string
}

/** What errors of the libraries, which speak English, are in French. */
export const frenchErrors: Readonly<Record<ErrorCode, ErrorTexts>> = {
  'internal': { meaning: 'défaut de Coffre' },
  'interrupted': { meaning: 'interrompu' },
  'usage.invalid': { meaning: 'demande invalide', advice: 'Donnez --help pour voir ce que prend la commande.' },
  'repository.missing': {
    meaning: 'il n’y a pas de dépôt à cet emplacement',
    advice: 'Vérifiez l’emplacement, ou créez-y un dépôt avec `coffre repo init`.',
  },
  'repository.locked': {
    meaning: 'le dépôt est verrouillé',
    advice: 'Attendez la fin de l’autre programme, ou donnez `--retry-lock 10m`. S’il est mort, lancez `coffre repo unlock`.',
  },
  'repository.password': { meaning: 'mot de passe refusé', advice: 'Vérifiez le mot de passe ou son fichier.' },
  'repository.format-newer': { meaning: 'le dépôt a un format plus récent que ce programme', advice: 'Mettez Coffre à jour.' },
  'repository.format-old': {
    meaning: 'le dépôt a l’ancien format 1, que Coffre n’écrit pas',
    advice: 'Lancez d’abord `coffre repo upgrade` ; toutes les données restent.',
  },
  'repository.exists': {
    meaning: 'il y a déjà un dépôt',
    advice: 'Rien n’a changé. Choisissez un autre emplacement, ou servez-vous du dépôt qui est là.',
  },
  'repository.damaged': {
    meaning: 'le dépôt est endommagé',
    advice: 'Lancez `coffre repo check --read-data` ; `coffre repo repair` sauve ce qui peut l’être.',
  },
  'repository.too-many-keys': { meaning: 'le dépôt a trop de clés', advice: 'Supprimez-en une avec `coffre repo keys remove`.' },
  'repository.held': { meaning: 'ce qui devrait partir est retenu ou verrouillé à terme' },
  'repository.lease-lost': { meaning: 'le verrou n’a pas pu être tenu', advice: 'Ce qui est stocké reste ; relancez la commande.' },
  'repository.state-broken': {
    meaning: 'l’état du coffre ne se tient pas',
    advice:
      'Rien ne doit être supprimé avant que ce soit expliqué. `coffre repo heal` ramène ce qui est caché là où le stockage garde des versions.',
  },
  'snapshot.missing': {
    meaning: 'cet instantané n’existe pas',
    advice: '`coffre repo snapshots` montre ceux qui existent ; `latest` nomme le dernier.',
  },
  'snapshot.ambiguous': { meaning: 'plusieurs instantanés commencent ainsi', advice: 'Donnez plus de chiffres de l’identifiant.' },
  'snapshot.path-missing': {
    meaning: 'ce chemin n’est pas dans l’instantané',
    advice: '`coffre repo ls` montre ce qui s’y trouve.',
  },
  'blob.missing': {
    meaning: 'des données manquent dans le dépôt',
    advice: 'Lancez `coffre repo check --read-data`, puis `coffre repo repair index`.',
  },
  'source.incomplete': { meaning: 'la sauvegarde est incomplète' },
  'source.missing': { meaning: 'ce qu’il faut sauvegarder n’existe pas', advice: 'Vérifiez les chemins et les exclusions.' },
  'source.failed': { meaning: 'ce qu’il faut sauvegarder ne se lit pas' },
  'source.command': {
    meaning: 'la commande à sauvegarder a échoué',
    advice: 'Aucun instantané n’a été fait. Ses propres messages sont ci-dessus.',
  },
  'target.incomplete': { meaning: 'la restauration est incomplète' },
  'target.failed': { meaning: 'écriture impossible à la destination' },
  'storage.missing': { meaning: 'un fichier du dépôt manque', advice: 'Le disque est-il monté, et l’emplacement est-il le bon ?' },
  'storage.truncated': { meaning: 'un fichier du dépôt est trop court', advice: 'Lancez `coffre repo check`.' },
  'storage.no-space': { meaning: 'il n’y a plus de place', advice: 'Libérez de la place, ou oubliez et élaguez des instantanés.' },
  'storage.permission': {
    meaning: 'accès refusé',
    advice: 'Vérifiez le propriétaire et les droits, ou la politique du compartiment.',
  },
  'storage.credentials': {
    meaning: 'identifiants du stockage refusés',
    advice: 'Vérifiez AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY ou le profil.',
  },
  'storage.bucket-missing': {
    meaning: 'le compartiment n’existe pas',
    advice: 'Créez d’abord le compartiment, ou corrigez son nom.',
  },
  'storage.clock-skew': {
    meaning: 'l’horloge de cette machine et celle du stockage diffèrent trop',
    advice: 'Réglez l’horloge de cette machine, par exemple avec NTP.',
  },
  'storage.unavailable': { meaning: 'le stockage ne répond pas comme il faut' },
  'storage.exists': { meaning: 'un fichier du dépôt existe déjà' },
  'storage.locked': {
    meaning: 'le stockage refuse : l’objet est verrouillé',
    advice: 'Il pourra partir quand son terme sera passé et que rien ne le retiendra.',
  },
  'storage.unsupported': { meaning: 'ce stockage ne sait pas faire cela' },
  'system.unsupported': { meaning: 'ce système ne sait pas faire cela' },
  'policy.schedule-invalid': { meaning: 'cette planification n’est pas valable' },
  'policy.retention-invalid': { meaning: 'cette rétention n’est pas valable' },
  'policy.plan-invalid': { meaning: 'ce plan n’est pas valable' },
  'policy.selection-invalid': { meaning: 'cette sélection n’est pas valable' },
  'source.config-invalid': { meaning: 'la configuration de la source n’est pas valable' },
  'source.unreachable': { meaning: 'la source ne répond pas', advice: 'Est-elle en marche, et joignable depuis cette machine ?' },
  'source.credentials': { meaning: 'la source refuse les identifiants', advice: 'Donnez les identifiants à nouveau.' },
  'source.position-lost': { meaning: 'la source n’a plus cette partie de son journal', advice: 'Faites une nouvelle base.' },
  'journal.gap': { meaning: 'le journal a un trou à cet endroit', advice: 'Faites une nouvelle base.' },
  'journal.fork': {
    meaning: 'deux versions de la même partie du journal se contredisent',
    advice: 'Deux captures ont-elles écrit à la fois ? Faites une nouvelle base.',
  },
  'journal.damaged': {
    meaning: 'une partie du journal est endommagée ou a disparu du coffre',
    advice: 'Ramenez-la d’une copie du coffre, ou faites une nouvelle base.',
  },
  'journal.outside-window': {
    meaning: 'cet instant est hors de ce que le journal couvre',
    advice: 'Choisissez un instant entre les bornes indiquées.',
  },
  'engine.missing': {
    meaning: 'les programmes du moteur manquent sur cette machine',
    advice: 'Installez la version indiquée, ou dites où elle se trouve.',
  },
  'engine.failed': {
    meaning: 'le moteur n’a pas démarré sur les données restaurées',
    advice: 'Les dernières lignes de son journal disent pourquoi.',
  },
  'target.not-empty': { meaning: 'la destination n’est pas vide', advice: 'Choisissez-en une autre, ou ajoutez --overwrite.' },
  'catalogue.unavailable': { meaning: 'le catalogue ne répond pas' },
  'catalogue.newer': { meaning: 'le catalogue vient d’une version plus récente de Coffre' },
  'secret.master-key': { meaning: 'la clé maîtresse du serveur n’est pas valable', advice: 'Remettez celle du kit du serveur.' },
  'secret.unreadable': { meaning: 'un secret enregistré ne s’ouvre pas', advice: 'Donnez les identifiants à nouveau.' },
  'server.running': { meaning: 'un serveur Coffre travaille déjà sur ce dossier' },
  'server.port': { meaning: 'le serveur ne peut pas écouter sur ce port', advice: 'Choisissez-en un autre avec COFFRE_PORT.' },
  'request.no-such-path': { meaning: 'rien ne répond à cette adresse' },
  'request.too-large': { meaning: 'la demande est trop grande' },
  'request.invalid': {
    meaning: 'la demande n’est pas valable',
    advice: 'Corrigez ce qui est nommé ; /docs montre ce qui est attendu.',
  },
  'request.malformed': { meaning: 'la demande ne se lit pas' },
  'request.media-type': { meaning: 'le serveur n’attend pas ce type de contenu', advice: 'Envoyez du JSON (application/json).' },
  'request.method': { meaning: 'cette adresse ne connaît pas cette méthode' },
  'request.rate': { meaning: 'trop de demandes', advice: 'Attendez un peu, puis recommencez.' },
  'request.repeated': {
    meaning: 'cette clé d’idempotence a déjà servi à une autre demande',
    advice: 'Donnez une nouvelle clé à chaque nouvelle demande.',
  },
  'request.in-progress': { meaning: 'la même demande est encore en cours', advice: 'Attendez un peu, puis recommencez.' },
  'request.answered': { meaning: 'la demande a déjà été faite, et son secret ne se montre qu’une fois' },
  'auth.required': { meaning: 'il faut se connecter', advice: 'Connectez-vous avec `coffre login URL`, ou donnez une clé.' },
  'auth.forbidden': { meaning: 'vos droits ne le permettent pas', advice: 'Demandez le rôle nécessaire à un administrateur.' },
  'source.unfit': { meaning: 'cette source ne peut pas être protégée telle quelle' },
  'job.ended': { meaning: 'cette tâche est déjà terminée' },
  'point.none': { meaning: 'il n’y a pas encore de point de restauration' },
  'point.not-restorable': { meaning: 'ce point de restauration ne peut pas être restauré' },
  'point.locked': { meaning: 'ce point de restauration est verrouillé' },
  'point.held': { meaning: 'ce point de restauration est sous gel juridique' },
  'point.last': { meaning: 'c’est le dernier bon point de restauration de sa source' },
  'point.busy': { meaning: 'une tâche travaille encore avec ce point de restauration' },
  'point.needed': { meaning: 'la fenêtre de restauration de sa source a besoin de ce point' },
  'job.overdue': { meaning: 'la tâche n’était pas terminée à la fin de sa fenêtre' },
  'job.lost': { meaning: 'la tâche a perdu trop d’exécutants' },
  'server.unreachable': {
    meaning: 'le serveur Coffre ne répond pas',
    advice: 'Lancez-le avec `npm start`, ou nommez-en un autre par COFFRE_URL ou `coffre login URL`.',
  },
  'audit.broken': { meaning: 'le journal d’audit est rompu' },
  'catalogue.not-empty': { meaning: 'il y a déjà un catalogue' },
  'job.failed': { meaning: 'la tâche a échoué' },
  'job.aborted': { meaning: 'la tâche a été annulée' },
  'job.expired': { meaning: 'la tâche n’a pas commencé à temps' },
  'job.partial': { meaning: 'la tâche est finie, mais incomplète' },
  'status.alarm': { meaning: 'des alarmes sont levées' },
  'object.exists': { meaning: 'ce nom est déjà pris', advice: 'Choisissez un autre nom.' },
  'object.missing': { meaning: 'cet objet n’existe pas' },
  'object.in-use': { meaning: 'cet objet est encore utilisé' },
  'auth.failed': { meaning: 'la connexion est refusée', advice: 'Vérifiez le nom, le mot de passe et le code, ou la clé.' },
  'auth.expired': { meaning: 'la connexion a pris fin', advice: 'Connectez-vous à nouveau.' },
  'auth.locked': { meaning: 'trop d’essais de connexion', advice: 'Attendez un peu, puis recommencez.' },
  'auth.second-factor': {
    meaning: 'il manque le second facteur',
    advice: 'Donnez le code de votre application, ou enregistrez-en une d’abord.',
  },
  'auth.address': {
    meaning: 'cette adresse n’est pas admise',
    advice: 'Demandez à un responsable de la sécurité de l’ajouter à la liste.',
  },
  'auth.password-refused': {
    meaning: 'ce mot de passe n’est pas admis',
    advice: 'Prenez-en un d’au moins 12 caractères que personne ne devine.',
  },
  'role.conflict': {
    meaning: 'ces rôles ne vont pas ensemble',
    advice: 'Donnez-les à deux personnes : qui peut affaiblir un verrou ne peut pas supprimer.',
  },
  'role.self': { meaning: 'nul ne change ses propres rôles', advice: 'Demandez à un autre responsable de la sécurité.' },
  'role.last-officer': {
    meaning: 'il doit rester un responsable de la sécurité',
    advice: 'Donnez d’abord ce rôle à quelqu’un d’autre.',
  },
  'approval.own': {
    meaning: 'nul ne vote sur sa propre demande, ni avec une clé',
    advice: 'Demandez à quelqu’un d’autre de voter.',
  },
  'approval.closed': { meaning: 'cette demande d’approbation est close', advice: 'Faites-en une nouvelle.' },
  'approval.expired': { meaning: 'cette demande d’approbation est trop ancienne', advice: 'Faites-en une nouvelle.' },
  'approval.incomplete': {
    meaning: 'il manque des voix à cette approbation',
    advice: 'Ne comptent que les voix de qui peut encore voter.',
  },
  'approval.mismatch': {
    meaning: 'l’approbation a été donnée pour autre chose',
    advice: 'Faites exactement ce qui a été approuvé, ou une nouvelle demande.',
  },
  'approval.needed': {
    meaning: 'cela demande l’accord de plusieurs personnes',
    advice: 'Faites une demande d’approbation, puis recommencez avec son identifiant.',
  },
  'hold.lifted': { meaning: 'cette conservation légale est levée', advice: 'Il n’y a plus rien à lever.' },
  'vault.lock-final': {
    meaning: 'le verrou de ce coffre est définitif',
    advice: 'Nul ne peut plus le changer. Faites un autre coffre pour ce qui vient.',
  },
}
